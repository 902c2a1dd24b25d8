// pnpm --dir packages/postgres faults [rounds]: lets Postgres fail in many ways while events are stored and handled, and looks for
// effects that are missing or doubled.
import {
  failOverToAsynchronousReplica,
  failOverToSynchronousReplica,
  restartWithoutSync,
} from './failover.ts';
import { FAULTS, runFaults } from './faults.ts';

const rounds = Number(process.argv[2] ?? 10);

function check(wrong: number): void {
  if (wrong > 0) process.exitCode = 1;
}

for (const [name, fault] of Object.entries(FAULTS)) {
  const { acknowledged, refused, missing, doubled } = await runFaults([fault], rounds);
  console.log(
    `While ${name}, ${rounds} times: ${acknowledged} events were acknowledged and ${refused} refused. ` +
      `${missing.length} effects were missing and ${doubled.length} doubled.`,
  );
  check(missing.length + doubled.length);
}

for (const [name, fail] of Object.entries({
  'Failover to a replica that the server waits for': failOverToSynchronousReplica,
  'Failover to a replica that the server does not wait for': failOverToAsynchronousReplica,
  'Postgres with synchronous_commit off is killed': restartWithoutSync,
})) {
  const { problems, acknowledged, atRisk, missing, doubled } = await fail();
  console.log(
    `${name}: ${acknowledged.length} events were acknowledged, and ${atRisk.length} of them at risk. ${missing.length} effects were ` +
      `missing and ${doubled.length} doubled. health() had said before: ${problems.join(' ') || 'nothing'}`,
  );
  check(missing.filter((id) => !atRisk.includes(id)).length + doubled.length);
}
