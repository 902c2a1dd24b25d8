// Runs one server, and ends with the parent process. child.ts starts it.
import { SERVERS, type Variant } from './servers.ts';

const SAMPLE_MS = 5;

const [framework = '', variant = ''] = process.argv.slice(2);
const start = SERVERS[framework]?.[variant as Variant];
if (!start) throw new Error(`${framework} has no server "${variant}".`);
const server = await start();
process.send?.({ port: server.port });
// The peak is sampled, because the system's own maximum for a forked process includes its parent's.
let peakBytes = 0;
const sample = () => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
};
process.on('message', async (question) => {
  await server.settled?.();
  const { user, system } = process.cpuUsage();
  process.send?.({ peakBytes, rssBytes: process.memoryUsage.rss(), cpuMs: (user + system) / 1000 });
  if (question === 'memory') setInterval(sample, SAMPLE_MS).unref();
});
process.on('disconnect', async () => {
  await server.close();
  process.exit();
});
