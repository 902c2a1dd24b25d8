// pnpm --dir test/inbox kill [kills]: kills writers, then workers, at random, and looks for what was lost.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killWorkers, killWriters } from './crash.ts';

const kills = Number(process.argv[2] ?? 50);
const folder = mkdtempSync(join(tmpdir(), 'showpad-kill-'));
const target = { engine: 'sqlite', address: join(folder, 'inbox.db') } as const;

const { acknowledged, stored, lost, broken } = await killWriters(target, kills, console.log);
console.log(
  `sqlite: ${kills} kills, ${acknowledged} events acknowledged, ${stored} stored, ${lost.length} lost, ${broken.length} broken or twice`,
);
const { begun, counts } = await killWorkers(target, kills);
console.log(`sqlite: ${kills} kills of a worker, ${begun} handlers begun, and in the end`, counts);
rmSync(folder, { recursive: true });
process.exitCode = lost.length + broken.length + counts.pending + counts.leased + counts.dead > 0 ? 1 : 0;
