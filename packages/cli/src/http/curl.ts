import { usageError } from '../cli-error.ts';
import { printable } from '../terminal/printable.ts';
import type { Target } from './deliver.ts';

/** Writes a delivery as a command line that sends exactly these bytes. */
export function curlCommand(
  { url, method, headers: ownHeaders }: Target,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): string {
  const text = body.toString();
  if (text.includes('\0') || !Buffer.from(text).equals(body)) {
    throw usageError(
      '--print-curl cannot write this body on a command line, because it contains NUL or is not UTF-8.',
    );
  }
  const all = [...ownHeaders.map(({ name, value }) => [name, value]), ...Object.entries(headers)];
  const named = all.map(([name, value]) => `-H ${quote(printable(`${name}: ${value}`))}`);
  const data = text === '' ? [] : [`--data-raw ${quote(text)}`];
  // There is no -L, because Showpad is assumed not to follow redirects.
  return [`curl -sS -i -X ${method}`, ...named, ...data, quote(printable(url))].join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
