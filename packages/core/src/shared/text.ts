/**
 * They could move the cursor of a terminal, begin a line of a log, or make a text read differently from what it says. Half of
 * a surrogate pair is no character, and not everything can write it.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu;

/** Escapes, as in JSON, every control character of a text that came from outside, so that it is safe to show on one line. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const json = JSON.stringify(character).slice(1, -1);
    return json === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : json;
  });
}

/** Makes a text of several lines safe to show. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
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
  return text.length > maxLength ? `${text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '')}…` : text;
}
