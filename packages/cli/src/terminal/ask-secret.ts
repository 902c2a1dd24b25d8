import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CliError } from '../cli-error.ts';
import type { Io } from './io.ts';

/** Asks a person for one line, and does not show what they type. */
export async function askSecret(question: string, { stdin, stderr, signal }: Io): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true });
  // In raw mode Ctrl-C is a key like any other and Ctrl-D ends the input, and neither answers the question.
  const stop = new AbortController();
  lines.once('SIGINT', () => stop.abort()).once('close', () => stop.abort());
  try {
    stderr.write(question);
    return await lines.question('', { signal: AbortSignal.any([signal, stop.signal]) });
  } catch {
    throw new CliError('Nothing was entered.');
  } finally {
    stderr.write('\n');
    lines.close();
  }
}
