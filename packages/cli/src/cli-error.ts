import { EmulatorProblem } from '@showpad-webhooks/emulator';
import { EXIT, type ExitCode } from './exit-code.ts';

/**
 * Ends a command. The message says what is wrong and the hint how to fix it; both are whole sentences, and neither
 * contains a key or a payload.
 */
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

/** The command was called in a wrong way. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError(message, hint, EXIT.usage);
}

/** Makes a call with arguments of the command. Core and the emulator name the one that they refuse. */
export async function checked<T>(call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof TypeError || EmulatorProblem.isInstance(error)) throw usageError(error.message);
    throw error;
  }
}
