import { ShowpadApiError } from '@showpad-webhooks/client';
import { ShowpadWebhookError } from '@showpad-webhooks/core';
import { CommanderError } from 'commander';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import type { Io } from './io.ts';
import { printable } from './output.ts';
import { createProgram } from './program.ts';

/**
 * Runs the command as its process would.
 *
 * @param args without the interpreter and the script.
 * @returns the exit code: 0 ok, 1 failed, 2 usage, 3 auth, 4 not delivered. Never rejects.
 *
 * @example
 * ```ts
 * import { run } from '@showpad-webhooks/cli';
 *
 * const { stdin, stdout, stderr, env } = process;
 * const { signal } = new AbortController();
 * const exitCode = await run(['events', 'list', '--json'], { stdin, stdout, stderr, env, signal });
 * console.log(exitCode); // 0
 * ```
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { program, context } = createProgram(io);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    // Commander has said it itself, also where it only showed its help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (io.env.SHOWPAD_DEBUG) io.stderr.write(`${(error as Error).stack}\n`);
    const { message, hint, exitCode } = toCliError(error);
    context.output.error(message, hint);
    return exitCode;
  }
}

function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (ShowpadWebhookError.isInstance(error)) return new CliError(error.message, error.hint);
  if (ShowpadApiError.isInstance(error)) return apiError(error);
  return new CliError(error instanceof Error ? error.message : String(error));
}

function apiError({ status, code, title, detail, meta }: ShowpadApiError): CliError {
  const fields = meta.map(({ name, reason }) => `${name ?? 'a field'} ${reason ?? 'is wrong'}`);
  const isAuth = status === 401 || status === 403 || code === 'invalid_grant';
  const hint = [detail, ...fields].map(printable).join('\n');
  return new CliError(`${printable(title)} (${printable(code)}).`, hint, isAuth ? EXIT.auth : EXIT.failed);
}
