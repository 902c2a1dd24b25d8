// They could move the cursor, recolour or retitle the terminal, or make a text read differently from what it says.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** A text that may come from outside, made safe to show on one line of a terminal. */
export function printable(text: string): string {
  return text.replace(UNSAFE, '\ufffd');
}

/** A text of several lines, made safe to show. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** Whether a text of several lines is safe to show as it is. */
export function isPrintable(text: string): boolean {
  return printableLines(text) === text;
}

/** Writes JSON that is safe to show, with the escapes that JSON.stringify leaves out. Its values stay the same. */
export function toJson(value: unknown): string {
  return escapeUnsafe(
    JSON.stringify(value),
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Replaces what `printable` would replace by an escape that the reader of the text understands. */
export function escapeUnsafe(text: string, escapeOf: (character: string) => string): string {
  return text.replace(UNSAFE, escapeOf);
}

/** The beginning of a longer text, on one line. */
export function excerpt(text: string): string {
  return text.slice(0, 500).replace(/\s+/g, ' ').slice(0, 200);
}
