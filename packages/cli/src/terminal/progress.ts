import { printable } from '@showpad-webhooks/core/shared';
import type { Io } from './io.ts';

/** A line of a terminal that is written again and again. */
export interface Progress {
  show(text: string): void;
  /** Removes the line. Call it before anything else is written. */
  clear(): void;
}

/** Nothing is shown if nobody sees it, such as in a log. */
export function createProgress({ stderr }: Io, isQuiet: boolean): Progress {
  let width = 0;
  const write = (text: string) => {
    // Spaces replace the rest of the line before. Not every terminal has an escape sequence for it.
    stderr.write(`\r${text.padEnd(width)}`);
    width = text.length;
  };
  if (isQuiet || !stderr.isTTY) return { show() {}, clear() {} };
  return {
    show: (text) => write(printable(text)),
    clear() {
      write('');
      stderr.write('\r');
      width = 0;
    },
  };
}

const WIDTH = 30;

/** For example `[########      ]  12 of 40`. */
export function barOf(finished: number, all: number): string {
  const filled = all === 0 ? WIDTH : Math.floor((finished / all) * WIDTH);
  return `[${'#'.repeat(filled).padEnd(WIDTH)}]  ${finished} of ${all}`;
}
