import { EmulatorProblem } from '@showpad-webhooks/emulator';
import { EXIT, type ExitCode } from './exit-code.ts';

/** What ends a command: the message says what is wrong, the hint how to mend it. Neither holds a key or a payload. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  constructor(message: string, hint?: string, exitCode: ExitCode = EXIT.failed) {
    super(message);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** An error of how the command was called. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError(message, hint, EXIT.usage);
}

/** Calls what is given the command's arguments: core and the emulator refuse a bad one by its name. */
export async function checked<T>(call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof TypeError || error instanceof EmulatorProblem) throw usageError(error.message);
    throw error;
  }
}
