#!/usr/bin/env node
import { run } from './run.ts';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  // The second signal ends the process at once, as it does by default.
  process.once(name, () => stop.abort());
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  // A reader such as "head" has read enough.
  process.exit(0);
});

const { stdin, stdout, stderr, env } = process;
void run(process.argv.slice(2), { stdin, stdout, stderr, env, signal: stop.signal }).then((exitCode) => {
  // process.exit() would cut off output that is not written yet.
  process.exitCode = exitCode;
});
