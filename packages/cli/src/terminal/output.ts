import { styleText } from 'node:util';
import { printable } from '@showpad-webhooks/core/shared';
import type { Io } from './io.ts';
import { toJson } from './printable.ts';

export type Color = 'red' | 'green' | 'yellow' | 'dim';

export interface Painted {
  readonly color: Color;
  readonly text: string;
}

/** One line to read. The parts of a list are separated by two spaces, and empty parts are left out. */
export type Line = string | readonly (string | Painted)[];

/**
 * Writes results to stdout and everything else to stderr. Every text passes `printable` here, because much of it
 * comes from outside.
 */
export interface Output {
  /** Writes the lines or, with `--json`, the value on a line of its own. */
  result(value: unknown, ...lines: readonly Line[]): void;
  /** Like `result`, for a text that is copied or piped, so that it must not change. */
  exactResult(value: unknown, text: string): void;
  /** Writes further lines about the last result. `--json` omits them. */
  text(...lines: readonly Line[]): void;
  /** Says on stderr what is going on. `--quiet` omits it. */
  note(text: string): void;
  error(message: string, hint: string | undefined): void;
  /** Whether `--quiet` was passed. */
  isQuiet(): boolean;
}

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** False with `--no-color`. */
  readonly color: boolean;
}

export function paint(color: Color, text: string): Painted {
  return { color, text };
}

/** @param options is called for each line, because the options are known only after the arguments are parsed. */
export function createOutput({ stdout, stderr }: Io, options: () => OutputOptions): Output {
  const show = (stream: Io['stdout'], part: string | Painted): string => {
    if (typeof part === 'string') return printable(part);
    const text = printable(part.text);
    // Node colours terminals only, and heeds NO_COLOR and FORCE_COLOR.
    return options().color ? styleText(part.color, text, { stream }) : text;
  };
  const write = (stream: Io['stdout'], line: Line): void => {
    const parts = [line].flat().filter((part) => (typeof part === 'string' ? part : part.text) !== '');
    stream.write(`${parts.map((part) => show(stream, part)).join('  ')}\n`);
  };
  const writeAll = (lines: readonly Line[]): void => {
    for (const line of lines) write(stdout, line);
  };
  return {
    result(value, ...lines) {
      if (options().json) stdout.write(`${toJson(value)}\n`);
      else writeAll(lines);
    },
    exactResult(value, text) {
      stdout.write(`${options().json ? toJson(value) : text}\n`);
    },
    text(...lines) {
      if (!options().json) writeAll(lines);
    },
    note(text) {
      if (!options().quiet) write(stderr, [paint('dim', text)]);
    },
    error(message, hint) {
      stderr.write(`${show(stderr, paint('red', 'error:'))} ${printable(message)}\n`);
      if (hint) write(stderr, hint);
    },
    isQuiet: () => options().quiet,
  };
}
