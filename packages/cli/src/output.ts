import type { Io } from './io.ts';

export type Color = 'red' | 'green' | 'yellow' | 'dim' | 'bold';

/** Where a command writes: results to stdout, everything else to stderr. */
export interface Output {
  /** One result: a line to read, or with `--json` its value on a line of its own. */
  result(line: string, value: unknown): void;
  /** Lines to read beside the results; none with `--json`. */
  text(lines: string): void;
  /** What goes on; nothing with `--quiet`. */
  note(line: string): void;
  error(message: string, hint: string | undefined): void;
  /** Colours a text of stdout, where a person sees it. */
  paint(color: Color, text: string): string;
}

export interface OutputOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** False by `--no-color`. */
  readonly color?: boolean;
}

const CODES: Readonly<Record<Color, readonly [number, number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  dim: [2, 22],
  bold: [1, 22],
};

/** @param options read at each line, since they are known only once the arguments are parsed. */
export function createOutput({ stdout, stderr, env }: Io, options: () => OutputOptions): Output {
  const isColored = (stream: { readonly isTTY?: boolean }) =>
    stream.isTTY === true && options().color !== false && !env.NO_COLOR && env.TERM !== 'dumb';
  const paint = (stream: { readonly isTTY?: boolean }, color: Color, text: string) => {
    const [open, close] = CODES[color];
    return isColored(stream) ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  };
  return {
    result: (line, value) => stdout.write(`${options().json ? JSON.stringify(value) : line}\n`),
    text: (lines) => options().json || stdout.write(`${lines}\n`),
    note: (line) => options().quiet || stderr.write(`${paint(stderr, 'dim', line)}\n`),
    error(message, hint) {
      stderr.write(`${paint(stderr, 'red', 'error:')} ${message}\n${hint ? `${hint}\n` : ''}`);
    },
    paint: (color, text) => paint(stdout, color, text),
  };
}

/** The beginning of an answer's text, on one line. */
export function excerpt(text: string): string {
  return printable(text.slice(0, 500).replace(/\s+/g, ' ').slice(0, 200));
}

/** What others have sent, without what would move a terminal's cursor or colour it. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}
