import type { ExitCode } from './exit-code.ts';
import type { Io } from './terminal/io.ts';
import type { Output } from './terminal/output.ts';

/** What every command gets. */
export interface Context {
  readonly io: Io;
  readonly output: Output;
  /** The process exits with it, unless the command throws. */
  exitCode: ExitCode;
}
