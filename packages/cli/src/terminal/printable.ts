// They could move the cursor, recolour or retitle the terminal, or make a text read differently from what it says.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** A text that may come from outside, made safe to show on one line of a terminal. */
export function printable(text: string): string {
  return text.replace(UNSAFE, '\ufffd');
}

/** Writes JSON that is safe to show, with the escapes that JSON.stringify leaves out. Its values stay the same. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The beginning of a longer text, on one line. */
export function excerpt(text: string): string {
  return text.slice(0, 500).replace(/\s+/g, ' ').slice(0, 200);
}
