import { printable } from '@showpad-webhooks/core/shared';
import { usageError } from '../cli-error.ts';
import { isPrintable } from '../terminal/printable.ts';
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
  const { input, data } = dataOf(text);
  // There is no -L, because Showpad is assumed not to follow redirects.
  return [`${input}curl -sS -i -X ${method}`, ...named, data, quote(printable(url))]
    .filter(Boolean)
    .join(' ');
}

/** Control characters go through printf, because the command line is shown in a terminal before somebody runs it. */
function dataOf(text: string): { readonly input: string; readonly data: string } {
  if (text === '') return { input: '', data: '' };
  if (isPrintable(text)) return { input: '', data: `--data-raw ${quote(text)}` };
  const format = [...text.replaceAll('\\', '\\\\').replaceAll('%', '%%')].map(octal).join('');
  return { input: `printf ${quote(format)} | `, data: '--data-binary @-' };
}

/** The bytes of a control character as POSIX printf reads them. Any other character stays as it is. */
function octal(character: string): string {
  if (printable(character) === character) return character;
  return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
