/** They could move the cursor of a terminal, begin a line of a log, or make a text read differently from what it says. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** Escapes every control character of a text that came from outside, so that it is safe to show on one line. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
    return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Cuts a text that came from outside, so that it cannot flood a log or an error message, and escapes it. */
export function clip(text: string, maxLength: number): string {
  return printable(cut(text, maxLength));
}

/** Quotes a text that came from outside: cut to 32 characters, and escaped as in JSON. */
export function quote(text: unknown): string {
  return printable(JSON.stringify(cut(String(text), 32)));
}

function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
