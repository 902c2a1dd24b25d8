import { usageError } from './cli-error.ts';

/**
 * Sets what `path=value` says in an event. The value is JSON where it reads as such, else text.
 *
 * @param assignment such as `data.invitee.email=x@example.com` or `data.ids.0=1`
 */
export function setPath(event: Record<string, unknown>, assignment: string): void {
  const [, path, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  if (path === undefined || text === undefined) {
    throw usageError('--set must be a path, "=" and a value, such as data.invitee.email=x@example.com.');
  }
  const names = path.split('.');
  if (names.some((name) => name === '' || name === '__proto__')) {
    throw usageError(`--set: "${path}" is no path: names with full stops between them.`);
  }
  const last = names.pop() as string;
  let place = event;
  for (const name of names) {
    const child = Object.hasOwn(place, name) ? place[name] : undefined;
    if (child !== undefined && (typeof child !== 'object' || child === null)) {
      throw usageError(`--set: "${path}" leads into "${name}", which is no object.`);
    }
    place[name] = child ?? {};
    place = place[name] as Record<string, unknown>;
  }
  place[last] = readValue(text);
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
