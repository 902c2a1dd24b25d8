// pnpm --dir test/hostile cost
// Measures what a stranger, who has no key, can make a receiver spend: CPU time and memory for each request, next to the same
// for other libraries. Each of them runs in a process of its own. It prints the table of docs/reliability.md. CPU time counts
// all threads, so other work of the machine changes it little.
import {
  type Attack,
  type Cost,
  ENDLESS_SECONDS,
  endlessUpload,
  largeForgery,
  longSignature,
  manyHeaders,
  ordinaryForgery,
  tinyChunks,
  withheldByte,
} from './src/cost/attacks.ts';
import { CANDIDATES, type Candidate, LIMIT_BYTES } from './src/cost/candidates.ts';
import { startSubject } from './src/cost/subject.ts';

interface Row {
  readonly name: string;
  readonly attack: Attack;
  readonly keyCount?: number;
  /** Default: all. */
  readonly candidates?: readonly Candidate[];
}

const OURS: readonly Candidate[] = ['showpad-webhooks'];
const ROWS: readonly Row[] = [
  { name: 'forged delivery of 1 kB', attack: ordinaryForgery },
  { name: 'signature header of 15 kB, the worst of three shapes', attack: longSignature },
  { name: '1,980 headers', attack: manyHeaders },
  { name: '1 MiB in chunks of one byte', attack: tinyChunks },
  { name: '1 MiB whose last byte never comes', attack: withheldByte },
  { name: 'forged body of 10 MiB, 1 key', attack: largeForgery(LIMIT_BYTES) },
  { name: 'the same, 20 keys', attack: largeForgery(LIMIT_BYTES), keyCount: 20, candidates: OURS },
  { name: 'the same, 1,000 keys', attack: largeForgery(LIMIT_BYTES, 1), keyCount: 1_000, candidates: OURS },
  { name: 'forged body of 40 MiB, 1 key', attack: largeForgery(4 * LIMIT_BYTES), candidates: OURS },
  { name: `upload without a signature that goes on for ${ENDLESS_SECONDS} s`, attack: endlessUpload },
];

const results = new Map<string, Cost>();
const keyCounts = [...new Set(ROWS.map(({ keyCount = 1 }) => keyCount))];
for (const candidate of CANDIDATES) {
  for (const keyCount of keyCounts) {
    const rows = ROWS.filter(
      (row) => (row.keyCount ?? 1) === keyCount && (row.candidates ?? CANDIDATES).includes(candidate),
    );
    if (rows.length === 0) continue;
    const subject = await startSubject(candidate, keyCount);
    for (const { name, attack } of rows) {
      const cost = await attack(subject);
      if (cost) results.set(`${name} ${candidate}`, cost);
    }
    subject.end();
  }
}

console.log(`| what a stranger sends | ${CANDIDATES.join(' | ')} |`);
console.log(`|---${'|---'.repeat(CANDIDATES.length)}|`);
for (const { name } of ROWS) {
  const ours = results.get(`${name} ${CANDIDATES[0]}`);
  const cells = CANDIDATES.map((candidate) => show(results.get(`${name} ${candidate}`), ours));
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}

function show(cost: Cost | undefined, ours: Cost | undefined): string {
  if (!cost) return '–';
  const { cpuMs, heldBytes, readBytes, blockedMs, seconds = 0 } = cost;
  const ratio = cost === ours || !ours ? '' : ` (${(cpuMs / ours.cpuMs).toFixed(1)} ×)`;
  return [
    `${Number(cpuMs.toPrecision(2))} ms${ratio}`,
    ...(heldBytes === undefined ? [] : [`holds ${(heldBytes / 2 ** 20).toFixed(1)} MiB`]),
    ...(blockedMs === undefined ? [] : [`blocks for ${blockedMs.toFixed(0)} ms`]),
    ...(readBytes === undefined
      ? []
      : [
          `reads ${(readBytes / 1e6).toFixed(0)} MB, ${seconds < ENDLESS_SECONDS ? `ends after ${seconds.toFixed(1)} s` : 'no end'}`,
        ]),
  ].join(', ');
}
