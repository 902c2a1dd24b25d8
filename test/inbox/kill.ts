// pnpm --dir test/inbox kill [kills] [engine]: kills writers and then workers at random times while their clocks step, and looks
// for events that were lost or ran twice at once. Then it does the same in a store that is full most of the time.
import {
  type CrashReport,
  killWhileFull,
  killWorkers,
  killWriters,
  stepWhileHandling,
  type WorkReport,
} from './crash.ts';
import { createSmallTarget, createTarget, ENGINES, type Engine, isInstalled } from './engines.ts';

const [kills = '50', only] = process.argv.slice(2);

function check(trouble: number): void {
  if (trouble > 0) process.exitCode = 1;
}

function showWriters(engine: Engine, { acknowledged, stored, lost, broken }: CrashReport): void {
  console.log(
    `${engine}: A writer was killed ${kills} times. ${acknowledged} events were acknowledged and ${stored} stored. ` +
      `${lost.length} were lost, and ${broken.length} broken or stored twice.`,
  );
  check(lost.length + broken.length);
}

function showWorkers(engine: Engine, { begun, overlapping, counts }: WorkReport): void {
  console.log(
    `${engine}: A worker was killed ${kills} times, and ${begun} handlers began. ${overlapping.length} events ran twice at ` +
      'once. In the end:',
    counts,
  );
  check(overlapping.length + counts.pending + counts.leased + counts.dead);
}

async function killInFullStore(engine: Engine): Promise<void> {
  const { target, remove } = await createSmallTarget(engine);
  const report = await killWhileFull(target, Number(kills));
  console.log(
    `${engine}, full: ${report.acknowledged} events were acknowledged and ${report.refused} refused. ${report.lost.length} were lost.`,
  );
  check(report.lost.length);
  showWorkers(engine, report);
  await remove();
}

for (const engine of ENGINES) {
  if (only !== undefined && only !== engine) continue;
  if (!isInstalled(engine)) {
    console.log(`${engine}: skipped, because its server is not installed.`);
    continue;
  }
  const { target, remove } = await createTarget(engine);
  showWriters(engine, await killWriters(target, Number(kills), console.error));
  showWorkers(engine, await killWorkers(target, Number(kills)));
  const { begun, overlapping, counts } = await stepWhileHandling(target, Number(kills));
  console.log(
    `${engine}: ${begun} slow handlers began in three processes whose clocks step. ${overlapping.length} events ran twice at ` +
      'once. In the end:',
    counts,
  );
  check(overlapping.length + counts.pending + counts.leased + counts.dead);
  await remove();
  await killInFullStore(engine);
}
