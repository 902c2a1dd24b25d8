#!/usr/bin/env node
import { run } from './run.ts';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  // Once: asked a second time, the process ends at once, as by default.
  process.once(name, () => stop.abort());
}
// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const { stdin, stdout, stderr, env } = process;
// Set and not exited with, so that what was written is flushed.
void run(process.argv.slice(2), { stdin, stdout, stderr, env, signal: stop.signal }).then((exitCode) => {
  process.exitCode = exitCode;
});
