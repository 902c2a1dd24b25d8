// pnpm --dir packages/postgres kill [kills]: kills workers at random times, and looks for effects that are missing or doubled.
import { startPostgres } from '@showpad-webhooks/servers';
import { killWorkers } from './kill-workers.ts';

const [kills = '200'] = process.argv.slice(2);
const server = await startPostgres();
const { acknowledged, rows, wrong, attempts } = await killWorkers(server, Number(kills));
console.log(
  `Workers were killed ${kills} times. ${acknowledged} events were acknowledged, and handled in ${attempts} attempts. Two ` +
    `handlers inserted ${rows} rows. ${wrong.length} effects were missing or doubled.`,
);
if (wrong.length > 0 || rows !== 2 * acknowledged) process.exitCode = 1;
await server.remove();
