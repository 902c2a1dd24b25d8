import type { ExitCode } from './exit-code.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';

/** What every command is given. */
export interface Context {
  readonly io: Io;
  readonly output: Output;
  /** What the process ends with, unless the command throws. */
  exitCode: ExitCode;
}
