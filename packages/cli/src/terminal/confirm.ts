import { createInterface } from 'node:readline/promises';
import { CliError, usageError } from '../cli-error.ts';
import type { Io } from './io.ts';

/**
 * Asks a person whether to go on.
 *
 * @param question ends with a question mark
 * @throws CliError if the answer is not yes, or if there is nobody to ask
 */
export async function confirm(question: string, { stdin, stderr, signal }: Io): Promise<void> {
  if (!stdin.isTTY) {
    throw usageError(
      'This changes the store, and there is no terminal to ask for a confirmation.',
      'Pass --yes, or look first with --dry-run.',
    );
  }
  const lines = createInterface({ input: stdin, output: stderr, terminal: true });
  // In raw mode Ctrl-C is a key like any other and Ctrl-D ends the input, and neither answers the question.
  const stop = new AbortController();
  lines.once('SIGINT', () => stop.abort()).once('close', () => stop.abort());
  let answer = '';
  try {
    answer = await lines.question(`${question} [y/N] `, { signal: AbortSignal.any([signal, stop.signal]) });
  } catch {
    stderr.write('\n');
  } finally {
    lines.close();
  }
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new CliError('Nothing was changed.');
}
