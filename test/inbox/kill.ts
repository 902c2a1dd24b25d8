// pnpm --dir test/inbox kill [kills] [engine]: kills writers and then workers at random times, and looks for lost events.
import { killWorkers, killWriters } from './crash.ts';
import { createTarget, ENGINES, isInstalled } from './engines.ts';

const [kills = '50', only] = process.argv.slice(2);

for (const engine of ENGINES) {
  if (only !== undefined && only !== engine) continue;
  if (!isInstalled(engine)) {
    console.log(`${engine}: skipped, because its server is not installed.`);
    continue;
  }
  const { target, remove } = await createTarget(engine);
  const { acknowledged, stored, lost, broken } = await killWriters(target, Number(kills), console.error);
  console.log(
    `${engine}: A writer was killed ${kills} times. ${acknowledged} events were acknowledged and ${stored} stored. ` +
      `${lost.length} were lost, and ${broken.length} broken or stored twice.`,
  );
  const { begun, counts } = await killWorkers(target, Number(kills));
  console.log(
    `${engine}: A worker was killed ${kills} times, and ${begun} handlers began. In the end:`,
    counts,
  );
  if (lost.length + broken.length + counts.pending + counts.leased + counts.dead > 0) process.exitCode = 1;
  await remove();
}
