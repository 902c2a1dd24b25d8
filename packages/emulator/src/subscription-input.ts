import { isHeaderText } from './assumptions.ts';
import { type FieldProblem, invalid } from './problem.ts';
import type { Header, NewSubscription } from './subscriptions.ts';
import type { Targets } from './targets.ts';

type Rule = (value: unknown, name: string, targets: Targets) => readonly FieldProblem[];

const MAX_NAME_LENGTH = 255;
const MAX_TYPES = 100;
const MAX_HEADERS = 50;
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
/** Written by the sender itself. */
const RESERVED_HEADER = /^(x-showpad-signature-.*|host|connection|content-length|transfer-encoding|expect)$/i;

const RULES: { readonly [Field in keyof NewSubscription]-?: Rule } = {
  name: (value, name) => (isText(value, MAX_NAME_LENGTH) ? [] : [{ name, reason: TEXT_RULE }]),
  types: (value, name) => {
    if (!Array.isArray(value) || value.length === 0 || value.length > MAX_TYPES) {
      return [{ name, reason: `must be a list of 1 to ${MAX_TYPES} event types.` }];
    }
    return value.flatMap((type, index) =>
      isText(type, MAX_NAME_LENGTH) ? [] : [{ name: `${name}[${index}]`, reason: TEXT_RULE }],
    );
  },
  url: (value, name, targets) => {
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    const reason = url
      ? reasonAgainst(url, targets)
      : 'must be a URL, such as "http://127.0.0.1:3000/webhooks".';
    return reason ? [{ name, reason }] : [];
  },
  method: (value, name) =>
    value === 'POST' || value === 'GET' ? [] : [{ name, reason: 'must be "POST" or "GET".' }],
  headers: (value, name) => {
    if (!Array.isArray(value) || value.length > MAX_HEADERS) {
      return [{ name, reason: `must be a list of at most ${MAX_HEADERS} { name, value }.` }];
    }
    const names = value.map((header) => String(header?.name).toLowerCase());
    return value.flatMap((header, index) =>
      names.indexOf(names[index] ?? '') < index
        ? [{ name: `${name}[${index}].name`, reason: 'is given twice: join the values with a comma.' }]
        : headerProblems(header, `${name}[${index}]`),
    );
  },
  signatureKey: (value, name) =>
    isText(value, MAX_NAME_LENGTH) ? [] : [{ name, reason: `${TEXT_RULE} Leave it out to get a new one.` }],
};

const TEXT_RULE = `must be text of 1 to ${MAX_NAME_LENGTH} characters, without white space around it.`;

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength && value.trim() === value;
}

function reasonAgainst(url: URL, targets: Targets): string | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://.';
  if (url.username !== '' || url.password !== '') {
    return 'must hold no user name and password: they would be shown and logged. Use a header.';
  }
  if (targets.isAllowed(url)) return undefined;
  return `must lead to this machine (127.0.0.1, localhost, [::1]): allow "${url.hostname}" with allowTargets.`;
}

function headerProblems(header: unknown, name: string): readonly FieldProblem[] {
  const { name: headerName, value } = (header ?? {}) as Partial<Record<keyof Header, unknown>>;
  if (typeof headerName !== 'string' || !TOKEN.test(headerName)) {
    return [{ name: `${name}.name`, reason: 'must be a header’s name: letters, digits and hyphens.' }];
  }
  if (RESERVED_HEADER.test(headerName)) {
    return [{ name: `${name}.name`, reason: 'is written by the sender itself: choose another.' }];
  }
  if (Object.keys(header as Header).length > 2) return [{ name, reason: 'must hold name and value alone.' }];
  return isHeaderText(value) ? [] : [{ name: `${name}.value`, reason: 'must be visible ASCII text.' }];
}

export interface InputRules {
  readonly targets: Targets;
  /** What the endpoint's URL is called where it is read from. */
  readonly urlName?: string | undefined;
  /** Fields that may be left out, in an update. */
  readonly isPartial?: boolean;
  /** Whether the caller may choose the key. */
  readonly mayChooseKey?: boolean;
}

const REQUIRED = ['name', 'types', 'url'] as const;
const OPTIONAL = ['method', 'headers'] as const;

/** @throws EmulatorProblem 422 that names each field at fault. */
export function readSubscriptionInput(
  input: unknown,
  { targets, urlName = 'url', isPartial = false, mayChooseKey = false }: InputRules,
): Partial<NewSubscription> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalid([{ name: 'body', reason: `must be an object with name, types and ${urlName}.` }]);
  }
  const nameOf = (field: string) => (field === 'url' ? urlName : field);
  const fields = [...REQUIRED, ...OPTIONAL, ...(mayChooseKey ? (['signatureKey'] as const) : [])];
  const given = new Map(Object.entries(input));
  const known = new Set(fields.map(nameOf));
  const problems = [...given.keys()]
    .filter((name) => !known.has(name))
    .map((name) => ({ name, reason: `is unknown. Known: ${[...known].join(', ')}.` }));
  const read: Record<string, unknown> = {};
  for (const field of fields) {
    const value = given.get(nameOf(field));
    const mayLack = isPartial || !(REQUIRED as readonly string[]).includes(field);
    if (value === undefined && mayLack) continue;
    problems.push(...RULES[field](value, nameOf(field), targets));
    read[field] = value;
  }
  if (problems.length > 0) throw invalid(problems);
  return read;
}
