import { printable, printableLines } from '@showpad-webhooks/core/shared';

/** Whether a text of several lines is safe to show as it is. */
export function isPrintable(text: string): boolean {
  return printableLines(text) === text;
}

/** Writes JSON that is safe to show, with the escapes that JSON.stringify leaves out. Its values stay the same. */
export function toJson(value: unknown): string {
  return printable(JSON.stringify(value));
}

/** The beginning of a longer text, on one line. */
export function excerpt(text: string): string {
  return text.slice(0, 500).replace(/\s+/g, ' ').slice(0, 200);
}
