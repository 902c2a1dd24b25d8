import type { Attempt, Header, HeaderMap } from './resources.ts';

/** The URL of the control API, for a command in a terminal. */
const controlUrl = (path: string): string => new URL(`./__emulator${path}`, document.baseURI).href;

/** A shell word that stands for exactly `text`. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A command that calls the control API. */
export function controlCommand(path: string, body: unknown): string {
  return `curl ${quote(controlUrl(path))} \\
  -H 'content-type: application/json' \\
  -d ${quote(JSON.stringify(body))}`;
}

export function flatHeaders(headers: HeaderMap): readonly Header[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((each) => ({ name, value: String(each) })),
  );
}

/** Headers that curl writes itself. */
const OF_THE_CONNECTION = new Set(['host', 'connection', 'content-length', 'transfer-encoding']);

/** The request as it was sent. `--data-raw` changes no byte, and does not read a file if the body begins with `@`. */
export function curlCommand({ method, url, headers, body }: NonNullable<Attempt['request']>): string {
  return [
    `curl -i -X ${method} ${quote(url)}`,
    ...flatHeaders(headers)
      .filter(({ name }) => !OF_THE_CONNECTION.has(name.toLowerCase()))
      .map(({ name, value }) => `-H ${quote(`${name}: ${value}`)}`),
    ...(body === '' ? [] : [`--data-raw ${quote(body)}`]),
  ].join(' \\\n  ');
}

/** With a token, a command that lists the subscriptions. Without one, a command that gets a token. */
export function tokenCommand(token?: string): string {
  const base = (path: string): string => quote(new URL(path, document.baseURI).href);
  if (token !== undefined) {
    return `curl ${base('./webhooks/v1/subscriptions')} \\\n  -H ${quote(`authorization: Bearer ${token}`)}`;
  }
  return `curl ${base('./api/v3/oauth2/token')} \\
  -u client:secret \\
  -d grant_type=password -d username=admin -d password=admin`;
}
