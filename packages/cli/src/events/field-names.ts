/** Stands for every key of an object whose keys are data, such as e-mail addresses. */
export const ANY_KEY = '*';

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LONG_HEX = /^[0-9a-f]{16,}$/i;
const NAME = /^[A-Za-z_$][\w$-]{0,63}$/;

/**
 * Whether a key is data, such as an id, an e-mail address or a person's name, and no name of a field. Such a key must not
 * become a part of a schema or of a path that is shown.
 */
export function isDataKey(key: string): boolean {
  return !NAME.test(key) || UUID.test(key) || ULID.test(key) || LONG_HEX.test(key) || /\d{5}/.test(key);
}

/** The words of a field's name in lower case: `mimeType` gives `mime` and `type`. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');
}

const ENUM_WORDS = new Set(
  'type kind status state role action mode method visibility permission level outcome result priority phase'.split(
    ' ',
  ),
);
const CAPITALS_WORDS = new Set(
  'source channel category reason stage medium origin platform trigger event'.split(' '),
);

/**
 * Whether a text seems to be one of a few values that the sender has chosen, such as `PARTICIPANT`. Only the names of fields
 * that usually have such values count, because a person's name may look alike.
 */
export function isEnumLike(fieldName: string, text: string): boolean {
  const words = wordsOf(fieldName);
  const word = words.at(-1) ?? '';
  if (text.length > 40 || isDataKey(text) || words.includes('mime') || words.includes('content'))
    return false;
  if (ENUM_WORDS.has(word)) return /^[A-Za-z]+\d?([_-][A-Za-z]+\d?)*$/.test(text);
  return CAPITALS_WORDS.has(word) && /^[A-Z]+\d?(_[A-Z]+\d?)*$/.test(text);
}
