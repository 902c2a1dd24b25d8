/** The usual mistakes, and the mend of each. */
export const MENDS = {
  'signature-missing': 'Pass on the header x-showpad-signature-v1: a proxy may drop "x-" headers.',
  'signature-form': 'Compare the canonical text: 44 characters of standard base64, with its padding.',
  'timestamp-missing': 'Pass on the header x-showpad-signature-timestamp: a proxy may drop "x-" headers.',
  'timestamp-form':
    'Sign and send unix time in whole seconds: digits alone, and the same text in both places.',
  'timestamp-milliseconds': 'Divide by 1,000 and round down: the timestamp is unix time in whole seconds.',
  'clock-skew': 'Compare "date -u" with the sender’s clock, and see that this is no replayed capture.',
  'other-key': 'Verify with the key of the subscription that sends here: each has its own.',
  'key-space': 'Trim the key where it is read: a file or a variable ends it with a line break.',
  'key-quotes': 'Take the quotes off where the key is read: not every reader of .env files does.',
  'key-decoded': 'Use the text of the key as Showpad shows it: it is not decoded.',
  'key-padding': 'Copy the whole key: the "=" at its end belongs to it.',
  'body-line-ends': 'Keep the bytes: an editor, git or a proxy changed CRLF or LF.',
  'body-end': 'Keep the bytes: a shell or an editor added or removed a line break at the end.',
  'body-byte-order-mark': 'Keep the bytes: the byte order mark at the start is signed, where there is one.',
  'body-rewritten': 'Verify the raw bytes, taken before any parser: JSON written anew is not the same bytes.',
  'body-encoding':
    'Never turn the body into text before it is verified, or not by another encoding than UTF-8.',
  'body-normalized': 'Keep the bytes: something normalized the Unicode of the text.',
  'body-empty': 'Read the whole body before you sign or verify: something else may have read the stream.',
  'signed-order': 'Sign the body, a full stop and the timestamp, in this order.',
  'signed-body-alone': 'Sign the body, a full stop and the timestamp: not the body alone.',
  'signed-without-stop': 'Sign the body, a full stop and the timestamp: the full stop is missing.',
} as const;

export type MismatchCause = keyof typeof MENDS;

/** Something as it may have been, had one mistake been made. */
export interface Variant<Value> {
  /** Undefined: as it is given, without a mistake. */
  readonly cause: MismatchCause | undefined;
  /** What was done by mistake; no part of a key or a body. */
  readonly detail: string;
  readonly value: Value;
}

/** What was given, and those variants that differ from it and from each other. */
export function distinct<Value>(
  given: Value,
  variants: readonly Variant<Value | undefined>[],
  textOf: (value: Value) => string,
): Variant<Value>[] {
  const found = new Map<string, Variant<Value>>([
    [textOf(given), { cause: undefined, detail: '', value: given }],
  ]);
  for (const { cause, detail, value } of variants) {
    if (value !== undefined && !found.has(textOf(value))) found.set(textOf(value), { cause, detail, value });
  }
  return [...found.values()];
}
