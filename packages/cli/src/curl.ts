import { usageError } from './cli-error.ts';
import type { Target } from './deliver.ts';

/** A delivery as a command line that sends just these bytes. */
export function curlCommand(
  { url, method, headers: ownHeaders }: Target,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): string {
  const text = body.toString();
  // A shell can hold no NUL, and bytes that are not UTF-8 would change.
  if (text.includes('\0') || !Buffer.from(text).equals(body)) {
    throw usageError('--print-curl: the body is no text that a command line can hold.');
  }
  const all = [...ownHeaders.map(({ name, value }) => [name, value]), ...Object.entries(headers)];
  const named = all.map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`);
  // A redirect is not followed, as Showpad's deliveries are taken not to.
  const data = text === '' ? [] : [`--data-raw ${quote(text)}`];
  return [`curl -sS -i -X ${method}`, ...named, ...data, quote(url)].join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
