import { setTimeout as wait } from 'node:timers/promises';
import { open } from '@showpad-webhooks/conformance';
import type { HostileHeaders } from '../entry.ts';
import { filled } from '../header-cost.ts';
import { HTTP1 } from '../transport/http1.ts';
import { forgeryFor } from './candidates.ts';
import type { Subject } from './subject.ts';

/** What one request cost the one who received it. */
export interface Cost {
  readonly cpuMs: number;
  /** The memory in use at the worst moment, if the attack is about memory. */
  readonly heldBytes?: number;
  /** What was read after the answer, if the attack is about that. */
  readonly readBytes?: number;
  readonly seconds?: number;
  /** The longest time in which the event loop did nothing else, if the attack is about that. */
  readonly blockedMs?: number;
}

export type Attack = (subject: Subject) => Promise<Cost | undefined>;

const MEBIBYTE = 2 ** 20;
const ROUNDS = 3;
const PER_ROUND = 100;
/** How long the endless upload goes on at most. */
export const ENDLESS_SECONDS = 3;
const SMALL = Buffer.from(JSON.stringify({ type: 'x', id: '1', data: 'x'.repeat(1_000) }));

/** Sends many requests one after another. The shortest of three rounds counts. */
async function cpuPerRequest(subject: Subject, headers: HostileHeaders): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= ROUNDS; round++) {
    const before = await subject.ask();
    for (let count = 0; count < PER_ROUND; count++) {
      await HTTP1.send(subject.url, { method: 'POST', headers, body: SMALL });
    }
    const { cpuMs } = await subject.ask();
    if (round > 0) shortest = Math.min(shortest, (cpuMs - before.cpuMs) / PER_ROUND);
  }
  return shortest;
}

/** A forged delivery of 1 kB: what the others are measured by. */
export const ordinaryForgery: Attack = async (subject) => ({
  cpuMs: await cpuPerRequest(subject, forgeryFor(subject.name).headers),
});

/** The worst of several shapes. */
export const longSignature: Attack = async (subject) => {
  const { signatureHeader, headers } = forgeryFor(subject.name);
  if (signatureHeader === undefined) return undefined;
  const signature = headers[signatureHeader] ?? '';
  const shapes = [`a${' '.repeat(14_998)}a`, ...[',', `${signature},`].map((text) => filled(text)(15_000))];
  const costs: number[] = [];
  for (const shape of shapes)
    costs.push(await cpuPerRequest(subject, { ...headers, [signatureHeader]: shape }));
  return { cpuMs: Math.max(...costs) };
};

/** As many as Node accepts in 16 kB. */
export const manyHeaders: Attack = async (subject) => {
  const { headers } = forgeryFor(subject.name);
  const more = Array.from({ length: 1_980 }, (_, index) => [index.toString(36), '']);
  return { cpuMs: await cpuPerRequest(subject, { ...headers, ...Object.fromEntries(more) }) };
};

/** 1 MiB in chunks of one byte. The memory is measured before the last of them. */
export const tinyChunks: Attack = async (subject) => {
  const before = await subject.ask({ collects: true });
  const headers = { ...forgeryFor(subject.name).headers, 'transfer-encoding': 'chunked' };
  const upload = await HTTP1.upload(subject.url, { method: 'POST', headers, body: SMALL });
  const chunks = Buffer.from('1\r\nx\r\n'.repeat(MEBIBYTE - 1));
  await upload.write(chunks);
  await untilRead(subject, before.readBytes + chunks.length);
  const { cpuMs } = await subject.ask();
  const held = await subject.ask({ collects: true });
  await upload.write(Buffer.from('1\r\nx\r\n0\r\n\r\n'));
  await upload.answer;
  const after = await subject.ask();
  // The time for collecting the garbage in between is ours.
  const wholeMs = cpuMs - before.cpuMs + after.cpuMs - held.cpuMs;
  return { cpuMs: wholeMs, heldBytes: held.usedBytes - before.usedBytes };
};

/** Uploads of 1 MiB whose last byte does not come. */
export const withheldByte: Attack = async (subject) => {
  const UPLOADS = 20;
  const before = await subject.ask({ collects: true });
  const headers = { ...forgeryFor(subject.name).headers, 'content-length': String(MEBIBYTE) };
  const body = Buffer.alloc(MEBIBYTE - 1, 'x');
  const uploads = await Promise.all(
    Array.from({ length: UPLOADS }, () => HTTP1.upload(subject.url, { method: 'POST', headers, body })),
  );
  for (const upload of uploads) void upload.write(body);
  await untilRead(subject, before.readBytes + UPLOADS * body.length);
  const { cpuMs } = await subject.ask();
  const held = await subject.ask({ collects: true });
  for (const upload of uploads) upload.destroy();
  return {
    cpuMs: (cpuMs - before.cpuMs) / UPLOADS,
    heldBytes: (held.usedBytes - before.usedBytes) / UPLOADS,
  };
};

/** A forged body of this size. It is JSON, for those who parse first. The shortest of some rounds counts. */
export const largeForgery =
  (bodyBytes: number, rounds: number = ROUNDS): Attack =>
  async (subject) => {
    const body = Buffer.from(JSON.stringify(['x'.repeat(bodyBytes - 4)]));
    const { headers } = forgeryFor(subject.name);
    const costs: { readonly cpuMs: number; readonly blockedMs: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const before = await subject.ask({ collects: true });
      await HTTP1.send(subject.url, { method: 'POST', headers, body });
      const { cpuMs, blockedMs } = await subject.ask();
      costs.push({ cpuMs: cpuMs - before.cpuMs, blockedMs });
    }
    return {
      cpuMs: Math.min(...costs.map(({ cpuMs }) => cpuMs)),
      blockedMs: Math.min(...costs.map(({ blockedMs }) => blockedMs)),
    };
  };

/** An upload without a signature that goes on, whatever is answered, for some seconds at most. */
export const endlessUpload: Attack = async (subject) => {
  const before = await subject.ask();
  const socket = await open(subject.url);
  let isOpen = true;
  socket.on('error', () => {}).on('close', () => (isOpen = false));
  socket
    .resume()
    .write(
      'POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100000000000\r\n\r\n',
    );
  const chunk = Buffer.alloc(65_536, 'x');
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1_000;
  let isFull = false;
  socket.on('drain', () => (isFull = false));
  while (isOpen && elapsed() < ENDLESS_SECONDS) {
    if (isFull) await wait(1);
    else isFull = !socket.write(chunk);
  }
  const seconds = elapsed();
  const { cpuMs, readBytes } = await subject.ask();
  socket.destroy();
  return { cpuMs: cpuMs - before.cpuMs, readBytes: readBytes - before.readBytes, seconds };
};

async function untilRead(subject: Subject, bytes: number): Promise<void> {
  while ((await subject.ask()).readBytes < bytes) await wait(20);
}
