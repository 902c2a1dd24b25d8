/** The usual mistakes, and how to fix each. */
export const FIXES = {
  'signature-missing':
    'Forward the header x-showpad-signature-v1. A proxy may remove headers that begin with "x-".',
  'signature-form': 'Send the signature as 44 characters of standard base64, with padding.',
  'timestamp-missing':
    'Forward the header x-showpad-signature-timestamp. A proxy may remove headers that begin with "x-".',
  'timestamp-form':
    'Sign and send unix time in whole seconds: only digits, and the same text in both places.',
  'timestamp-milliseconds': 'Divide by 1,000 and round down: the timestamp is unix time in whole seconds.',
  'clock-skew':
    'Compare "date -u" with the clock of the sender, and check that nobody sends an old delivery again.',
  'other-key': 'Verify with the key of the subscription that sends to this URL: each has its own.',
  'key-space': 'Trim the key when you read it: a file or a variable ends with a line break.',
  'key-quotes': 'Remove the quotes when you read the key: not every reader of .env files does that.',
  'key-decoded': 'Use the text of the key as Showpad shows it, and do not decode it.',
  'key-padding': 'Copy the whole key: the "=" at its end belongs to it.',
  'body-line-ends': 'Keep the bytes: an editor, git or a proxy changed the line breaks.',
  'body-end': 'Keep the bytes: a shell or an editor added or removed a line break at the end.',
  'body-byte-order-mark': 'Keep the bytes: if there is a byte order mark at the start, it is signed too.',
  'body-rewritten': 'Verify the raw bytes, before any parser: JSON that was written again has other bytes.',
  'body-encoding': 'Do not turn the body into text before it is verified.',
  'body-normalized': 'Keep the bytes: something normalised the Unicode of the text.',
  'body-empty': 'Read the whole body before you sign or verify it: something else may have read the stream.',
  'signed-order': 'Sign the body, a full stop and the timestamp, in this order.',
  'signed-body-alone': 'Sign the body, a full stop and the timestamp, and not only the body.',
  'signed-without-stop': 'Sign the body, a full stop and the timestamp: the full stop is missing.',
} as const;

export type MismatchCause = keyof typeof FIXES;

/** Something as it would be after one mistake. */
export interface Variant<Value> {
  /** Undefined if it is as it was given, without a mistake. */
  readonly cause: MismatchCause | undefined;
  /** What the mistake did. It contains no part of a key or a body. */
  readonly detail: string;
  readonly value: Value;
}

/** What was given, and the variants that differ from it and from each other. */
export function distinct<Value>(
  given: Value,
  variants: Iterable<Variant<Value | undefined>>,
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
