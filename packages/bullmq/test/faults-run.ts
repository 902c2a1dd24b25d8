// pnpm --dir packages/bullmq faults [rounds]: lets replicas of Sentinel and of a Cluster take over while events are stored and handled,
// and counts what was lost. It ends with 1 if a promise was broken.
import { type FailoverOptions, type FailoverReport, failOver } from './failover.ts';
import { GROUPS } from './groups.ts';

const rounds = Number(process.argv[2] ?? 5);

const LEASE_MS = 10_000;
const WAIT = { count: 1, timeoutMs: 300 };
const CASES: Readonly<Record<string, FailoverOptions>> = {
  'inbox, the master is killed': { store: 'inbox', end: 'killed', isCutOff: false },
  'inbox, the master loses its replicas and is killed': { store: 'inbox', end: 'killed', isCutOff: true },
  'the same with `waitReplicas`': { store: 'inbox', end: 'killed', isCutOff: true, waitReplicas: WAIT },
  'inbox, the master hangs': { store: 'inbox', end: 'hanging', isCutOff: false },
  'ledger, the master is killed': { store: 'ledger', end: 'killed', isCutOff: false },
  'ledger, the master loses its replicas and is killed': { store: 'ledger', end: 'killed', isCutOff: true },
  'ledger, the master hangs': { store: 'ledger', end: 'hanging', isCutOff: false },
};

const HEADER = [
  `what happens, ${rounds} times`,
  'acknowledged',
  'lost',
  'handled again later',
  'handled twice at once',
  'refused with 503',
  'other answers',
  'slowest answer',
  'until both apps acknowledge again, median and worst',
];

function rowOf(name: string, reports: readonly FailoverReport[]): readonly (string | number)[] {
  const sum = (of: (report: FailoverReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  const answered = (isMeant: (answer: string) => boolean) =>
    sum(({ answers }) =>
      Object.entries(answers).reduce((total, [answer, count]) => total + (isMeant(answer) ? count : 0), 0),
    );
  const outages = reports.map(({ outageMs }) => outageMs / 1_000).sort((one, other) => one - other);
  const middle = outages[Math.floor(outages.length / 2)] ?? 0;
  return [
    name,
    sum(({ acknowledged }) => acknowledged.length),
    sum(({ lost }) => lost.length),
    sum(({ again }) => again.length),
    sum(({ atOnce }) => atOnce.length),
    answered((answer) => answer.startsWith('503')),
    answered((answer) => !/^(2\d\d|503) /.test(answer)),
    `${(Math.max(...reports.map(({ slowestMs }) => slowestMs)) / 1_000).toFixed(1)} s`,
    `${middle.toFixed(1)} s, ${(outages.at(-1) ?? 0).toFixed(1)} s`,
  ];
}

/** A promise is broken if something is lost that replicas had confirmed, or that the ledger had acknowledged. */
function isBroken(
  { store, isCutOff, waitReplicas }: FailoverOptions,
  { lost, atRisk, answers }: FailoverReport,
): boolean {
  const mayLose = store === 'inbox' && isCutOff && !waitReplicas;
  const isLost = mayLose ? lost.some((id) => !atRisk.includes(id)) : lost.length > 0;
  return isLost || Object.keys(answers).some((answer) => !/^(2\d\d|503) /.test(answer));
}

const print = (cells: readonly (string | number)[]) => console.log(`| ${cells.join(' | ')} |`);
print(HEADER);
print(HEADER.map(() => '---'));
for (const [kind, start] of Object.entries(GROUPS)) {
  for (const [name, options] of Object.entries(CASES)) {
    const reports: FailoverReport[] = [];
    for (let round = 0; round < rounds; round++) {
      console.error(`${kind}, ${name}, ${round + 1} of ${rounds} …`);
      const group = await start({ downAfterMs: 1_000 });
      try {
        reports.push(await failOver(group, { ...options, leaseMs: LEASE_MS }));
      } finally {
        await group.remove();
      }
    }
    print(rowOf(`${kind}: ${name}`, reports));
    if (reports.some((report) => isBroken(options, report))) process.exitCode = 1;
  }
}
