import { Buffer } from 'node:buffer';
import { distinct, type Variant } from './cause.ts';

/** The keys that may have been used instead of the given one. */
export function keyVariants(key: string): readonly Variant<Buffer>[] {
  const trimmed = key.trim();
  const bare = withoutQuotes(trimmed);
  const variants = [
    { cause: 'key-space', detail: 'without the white space around it', value: Buffer.from(trimmed) },
    { cause: 'key-space', detail: 'with a line feed at its end', value: Buffer.from(`${key}\n`) },
    { cause: 'key-space', detail: 'with CRLF at its end', value: Buffer.from(`${key}\r\n`) },
    { cause: 'key-space', detail: 'with a space at its end', value: Buffer.from(`${key} `) },
    { cause: 'key-quotes', detail: 'without the quotes around it', value: Buffer.from(bare) },
    { cause: 'key-quotes', detail: 'in double quotes', value: Buffer.from(`"${key}"`) },
    { cause: 'key-quotes', detail: 'in single quotes', value: Buffer.from(`'${key}'`) },
    { cause: 'key-padding', detail: 'with "=" at its end', value: Buffer.from(`${key}=`) },
    { cause: 'key-padding', detail: 'without "=" at its end', value: Buffer.from(withoutPadding(key)) },
    { cause: 'key-decoded', detail: 'decoded from hex', value: decode(bare, /^([0-9a-f]{2})+$/i, 'hex') },
    // Node decodes base64url as base64 too.
    { cause: 'key-decoded', detail: 'decoded from base64', value: decode(bare, /^[\w+/-]+=*$/, 'base64') },
  ] as const;
  return distinct(Buffer.from(key), variants, (value) => value.toString('latin1')).filter(
    // An empty key is possible for HMAC, but it proves nothing about this one.
    ({ value }) => value.byteLength > 0,
  );
}

function decode(key: string, form: RegExp, encoding: 'hex' | 'base64'): Buffer | undefined {
  return form.test(key) ? Buffer.from(key, encoding) : undefined;
}

export function withoutQuotes(text: string): string {
  const quote = text[0];
  const isQuoted = (quote === '"' || quote === "'") && text.endsWith(quote);
  return isQuoted ? text.slice(1, -1) : text;
}

function withoutPadding(key: string): string {
  let end = key.length;
  while (key[end - 1] === '=') end--;
  return key.slice(0, end);
}
