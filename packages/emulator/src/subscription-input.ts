import * as v from 'valibot';
import { checkInput, fields, headerText, numberFrom, shortText, wholeNumber } from './input.ts';
import type { NewEmulatorSubscription, StoredSubscription } from './subscriptions.ts';
import type { Targets } from './targets.ts';
import { ULID_PATTERN } from './ulid.ts';

/** Showpad writes these itself. */
const RESERVED_HEADER = /^(x-showpad-signature-.*|host|connection|content-length|transfer-encoding|expect)$/i;

const HEADER = fields({
  name: v.pipe(
    v.string(),
    v.regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'must be the name of a header: letters, digits and hyphens.'),
    v.check(
      (name) => !RESERVED_HEADER.test(name),
      'is a header that Showpad sets itself. Choose another name.',
    ),
  ),
  value: headerText(),
});

const SETTINGS = {
  name: shortText(),
  types: v.pipe(v.array(shortText()), v.nonEmpty(), v.maxLength(100)),
  method: v.optional(v.picklist(['POST', 'GET']), 'POST'),
  headers: v.optional(
    v.pipe(
      v.array(HEADER),
      v.maxLength(50),
      v.checkItems(
        ({ name }, index, all) => all.findIndex((other) => isSameName(other.name, name)) === index,
        'has the name of another header. Join their values with a comma.',
      ),
    ),
    [],
  ),
};

const isSameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

export interface InputRules {
  readonly targets: Targets;
  /** What the caller's API calls the endpoint's URL. Default `url`. */
  readonly urlName?: string | undefined;
  /** Whether fields may be left out, because it is an update. */
  readonly isPartial?: boolean;
  /** Whether the caller may choose the signature key. */
  readonly mayChooseKey?: boolean;
}

/** @throws EmulatorProblem `INPUT_INVALID` that names each wrong field */
export function readSubscription(input: unknown, rules: InputRules): Partial<NewEmulatorSubscription> {
  const { targets, urlName = 'url', isPartial, mayChooseKey } = rules;
  const entries: v.ObjectEntries = { ...SETTINGS, [urlName]: endpointUrl(targets) };
  const schema = fields(mayChooseKey ? { ...entries, signatureKey: v.optional(shortText()) } : entries);
  const { [urlName]: url, ...read } = checkInput(isPartial ? v.partial(schema) : schema, input);
  return Object.fromEntries(Object.entries({ ...read, url }).filter(([, value]) => value !== undefined));
}

/** A subscription in an exported state. Its key may have been left out. */
export function storedSubscription(
  targets: Targets,
): v.GenericSchema<
  unknown,
  Omit<StoredSubscription, 'signatureKey'> & { readonly signatureKey?: string | null | undefined }
> {
  return fields({
    id: v.pipe(v.string(), v.regex(ULID_PATTERN, 'must be a ULID.')),
    ...SETTINGS,
    url: endpointUrl(targets),
    createdAt: numberFrom(-8.64e15, 8.64e15), // The times that a Date can hold.
    requestCount: v.optional(wholeNumber(0), 0),
    lastStatus: v.optional(v.nullable(wholeNumber(100, 999)), null),
    signatureKey: v.optional(v.nullable(shortText())),
  });
}

function endpointUrl(targets: Targets): v.GenericSchema<string> {
  return v.pipe(
    v.string(),
    v.rawCheck(({ dataset, addIssue }) => {
      const message = dataset.typed ? reasonAgainst(dataset.value, targets) : undefined;
      if (message) addIssue({ message });
    }),
  );
}

function reasonAgainst(text: string, targets: Targets): string | undefined {
  if (!URL.canParse(text)) return 'must be a URL, such as "http://127.0.0.1:3000/webhooks".';
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://.';
  if (url.username !== '' || url.password !== '') {
    return 'must not contain a user name or a password, because it is shown and logged. Use a header.';
  }
  if (targets.isAllowed(url)) return undefined;
  return `must lead to this machine: 127.0.0.1, localhost or [::1]. To send to "${url.hostname}", add it to allowTargets.`;
}
