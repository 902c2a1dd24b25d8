/** Cuts a text that came from outside, so that it cannot flood a log or an error message. */
export function clip(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}

/** Quotes a text that came from outside: cut to 32 characters, and with every control character escaped. */
export function quote(text: unknown): string {
  return JSON.stringify(clip(String(text), 32)).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
