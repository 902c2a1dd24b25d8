import { usageError } from '../cli-error.ts';

/**
 * Sets one value in an event, as `path=value` says. The value is JSON if it can be read as JSON, otherwise text.
 *
 * @param assignment for example `data.invitee.email=x@example.com` or `data.ids.0=1`
 */
export function setPath(event: Record<string, unknown>, assignment: string): void {
  const [, path, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  if (path === undefined || text === undefined) {
    throw usageError('--set must be a path, "=" and a value, for example data.invitee.email=x@example.com.');
  }
  const names = path.split('.');
  if (names.some((name) => name === '' || name === '__proto__')) {
    throw usageError(
      `--set: "${path}" is not a path. A path is a list of names with full stops between them.`,
    );
  }
  const last = names.pop() as string;
  let place = event;
  for (const name of names) {
    const child = Object.hasOwn(place, name) ? place[name] : undefined;
    if (child !== undefined && (typeof child !== 'object' || child === null)) {
      throw usageError(`--set: "${path}" goes through "${name}", which is not an object.`);
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
