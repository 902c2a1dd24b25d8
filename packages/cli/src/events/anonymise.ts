import { createHash } from 'node:crypto';
import { isDataKey, isEnumLike, wordsOf } from './field-names.ts';
import { isObject, toObject } from './json-schema.ts';

/**
 * Replaces whatever could say something about a person or an organization. Only what is known to be harmless stays: the
 * structure, booleans, small numbers, and the values of enum-like fields. Everything else becomes an invented value of the
 * same form, and equal values stay equal. The invented values depend on the order of the values, and never on what they
 * were, so nobody can find the values by trying. The same sample gives the same result each time.
 */
export function anonymise(value: unknown): unknown {
  const invented = new Map<string, unknown>();
  const counts = new Map<string, number>();

  /** Invents one value for each original. `kind` counts on its own, so that the first e-mail address is number 1. */
  const invent = <Value>(kind: string, original: Value, make: (number: number) => Value): Value => {
    const key = JSON.stringify([kind, original]);
    if (!invented.has(key)) {
      const number = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, number);
      invented.set(key, make(number));
    }
    return invented.get(key) as Value;
  };

  const walk = (each: unknown, fieldName: string): unknown => {
    if (Array.isArray(each)) return each.map((item) => walk(item, fieldName));
    if (isObject(each)) {
      return toObject(
        Object.entries(each).map(([key, inner]) =>
          isDataKey(key) ? [inventText(key, 'key', invent), walk(inner, fieldName)] : [key, walk(inner, key)],
        ),
      );
    }
    if (typeof each === 'string') return inventText(each, fieldName, invent);
    return typeof each === 'number' ? inventNumber(each, fieldName, invent) : each;
  };
  return walk(value, 'value');
}

type Invent = <Value>(kind: string, original: Value, make: (number: number) => Value) => Value;

/** Forms of texts, and how to invent another text of the form. The first that matches counts. */
const FORMS: readonly {
  readonly kind: string;
  readonly form: RegExp;
  readonly make: (text: string, number: number) => string;
}[] = [
  { kind: 'email', form: /^[^\s@]+@[^\s@]+$/, make: (_, number) => `person-${number}@example.com` },
  { kind: 'url', form: /^[a-z][a-z\d+.-]*:\/\//i, make: (_, number) => `https://example.com/${number}` },
  { kind: 'date', form: /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?$/, make: inventDate },
  { kind: 'id', form: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i, make: (_, number) => inventUuid(number) },
  {
    kind: 'id',
    form: /^[0-7][\dA-HJKMNP-TV-Z]{25}$/,
    make: (_, number) => `01${hexOf(number).toUpperCase().slice(0, 24)}`,
  },
  { kind: 'id', form: /^\d{1,128}$/, make: ({ length }, number) => inventDigits(number, length) },
  { kind: 'id', form: /^[\da-f]{8,128}$/i, make: ({ length }, number) => hexOf(number).slice(0, length) },
  // Everything else that only a machine would write.
  { kind: 'id', form: /^[A-Za-z_.:-]*\d[\w.:-]*$/, make: (_, number) => `id-${number}` },
];

function inventText(text: string, fieldName: string, invent: Invent): string {
  if (text === '' || isEnumLike(fieldName, text) || isHarmless(fieldName, text)) return text;
  for (const { kind, form, make } of FORMS) {
    if (form.test(text)) return invent(kind, text, (number) => make(text, number));
  }
  const words = wordsOf(fieldName).join(' ') || 'text';
  return invent(`text:${words}`, text, (number) => `${words[0]?.toUpperCase()}${words.slice(1)} ${number}`);
}

/** Technical values that are the same for everybody. */
function isHarmless(fieldName: string, text: string): boolean {
  const words = wordsOf(fieldName);
  if (words.includes('mime') || words.includes('content')) {
    return /^(application|audio|image|text|video)\/[a-z\d.+-]{1,80}$/.test(text);
  }
  return /^(lang|language|locale)$/.test(words.at(-1) ?? '') && /^[a-z]{2}([-_][A-Z]{2})?$/.test(text);
}

/** Numbers that are ids, phone numbers and the like are replaced, and so is each number that is not small. */
function inventNumber(value: number, fieldName: string, invent: Invent): number {
  const isTelling = wordsOf(fieldName).some((word) => TELLING.has(word));
  if (!Number.isInteger(value)) return 1.5;
  if (!isTelling && Math.abs(value) < 1_000) return value;
  const { length } = BigInt(Math.abs(value)).toString();
  return invent(`number:${length}`, value, (number) => Number(inventDigits(number, Math.min(length, 15))));
}

const TELLING = new Set(
  'id ids user phone mobile tel fax zip postal pin code ssn age birth year lat latitude lng lon longitude salary account'.split(
    ' ',
  ),
);

const DATE = '2026-01-05T08:30:00.000000000';

/** Keeps the precision of a time, because code may depend on it. */
function inventDate(text: string, number: number): string {
  const [, time = '', zone = ''] = /^([^Z+]*?)(Z|[+-]\d\d:?\d\d)?$/.exec(text.slice(10)) ?? [];
  const day = String(((number - 1) % 28) + 1).padStart(2, '0');
  return `${DATE.slice(0, 8)}${day}${DATE.slice(10, 10 + time.length)}${zone && (zone === 'Z' ? 'Z' : '+00:00')}`;
}

/** 128 hex digits that depend on the number alone. The first is a letter, so that nobody takes them for a number. */
function hexOf(number: number): string {
  return `f${createHash('sha512').update(`invented id ${number}`).digest('hex').slice(1)}`;
}

function inventUuid(number: number): string {
  const hex = hexOf(number);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The first digit is not 0, so that a number has as many digits. */
function inventDigits(number: number, length: number): string {
  const found = hexOf(number).replace(/\D/g, '').replace(/^0+/, '');
  return found.repeat(Math.ceil(length / found.length)).slice(0, length);
}
