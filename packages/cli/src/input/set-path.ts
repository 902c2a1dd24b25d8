import { usageError } from '../cli-error.ts';

type Name = string | number;
type Place = Record<Name, unknown>;

/** The longest list that an index makes, so that a mistyped one does not fill the memory. */
const MAX_INDEX = 9_999;

/**
 * Sets one value in an event, as `path=value` says. The value is JSON if it can be read as JSON, otherwise text. An index
 * in brackets is a place in a list. A list that is not there, or too short, is made.
 *
 * @param assignment for example `data.invitee.email=x@example.com` or `data.items[0].name=Brochure`
 */
export function setPath(event: Record<string, unknown>, assignment: string): void {
  const [, path, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  if (path === undefined || text === undefined) {
    throw usageError('--set must be a path, "=" and a value, for example data.invitee.email=x@example.com.');
  }
  const names = readPath(path);
  const last = names.pop() as Name;
  let place: Place = event;
  for (const [index, name] of names.entries()) {
    const next = names[index + 1] ?? last;
    const child = childOf(place, name, path);
    if (child !== undefined && (typeof child !== 'object' || child === null)) {
      throw usageError(`--set: "${path}" goes through "${name}", which is neither an object nor a list.`);
    }
    const made = child ?? (typeof next === 'number' ? [] : {});
    put(place, name, made);
    place = made as Place;
  }
  childOf(place, last, path);
  put(place, last, readValue(text));
}

/** `data.items[0].name` is `data`, `items`, 0 and `name`. A name that is a number, as in `items.0`, is an index of a list. */
function readPath(path: string): Name[] {
  const names = path.split('.').flatMap((part): Name[] => {
    const [, name = '', indexes = ''] = /^([^[\]]+)((?:\[\d{1,9}\])*)$/.exec(part) ?? [];
    if (name === '' || name === '__proto__') {
      throw usageError(
        `--set: "${path}" is not a path.`,
        'A path is names with full stops between them, and an index of a list in brackets: data.items[0].name.',
      );
    }
    return [name, ...[...indexes.matchAll(/\d+/g)].map(([index]) => Number(index))];
  });
  const index = names.find((name) => typeof name === 'number' && name > MAX_INDEX);
  if (index !== undefined)
    throw usageError(`--set: the index ${index} in "${path}" is more than ${MAX_INDEX}.`);
  return names;
}

/** Returns what is there. @throws CliError if an index is used on an object, or a name on a list */
function childOf(place: Place, name: Name, path: string): unknown {
  const isIndex = typeof name === 'number';
  if (Array.isArray(place) !== isIndex && !(Array.isArray(place) && /^\d{1,4}$/.test(`${name}`))) {
    throw usageError(
      isIndex
        ? `--set: "${path}" has the index ${name} where the event has an object.`
        : `--set: "${path}" has the name "${name}" where the event has a list.`,
      'Put an index of a list in brackets, such as data.items[0].',
    );
  }
  return Object.hasOwn(place, name) ? place[name] : undefined;
}

/** What lies between the end of a list and a new index becomes null, as there are no gaps in JSON. */
function put(place: Place, name: Name, value: unknown): void {
  if (Array.isArray(place)) {
    while (place.length < Number(name)) place.push(null);
  }
  place[name] = value;
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
