import { usageError } from '../cli-error.ts';

/** @param name the argument's name, for errors */
export function readUrl(text: string, name: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw usageError(`${name} must be a URL that begins with http:// or https://.`);
}
