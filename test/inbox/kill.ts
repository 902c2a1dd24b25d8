// pnpm --dir test/inbox kill [kills] [engine]: kills writers, then workers, at random, and looks for what was lost.
import { killWorkers, killWriters } from './crash.ts';
import { createTarget, ENGINES } from './engines.ts';

const [kills = '50', only] = process.argv.slice(2);

for (const engine of ENGINES) {
  if (only !== undefined && only !== engine) continue;
  const { target, remove } = await createTarget(engine);
  const { acknowledged, stored, lost, broken } = await killWriters(target, Number(kills), console.error);
  console.log(
    `${engine}: ${kills} kills of a writer, ${acknowledged} events acknowledged, ${stored} stored, ` +
      `${lost.length} lost, ${broken.length} broken or twice`,
  );
  const { begun, counts } = await killWorkers(target, Number(kills));
  console.log(`${engine}: ${kills} kills of a worker, ${begun} handlers begun, and in the end`, counts);
  if (lost.length + broken.length + counts.pending + counts.leased + counts.dead > 0) process.exitCode = 1;
  await remove();
}
