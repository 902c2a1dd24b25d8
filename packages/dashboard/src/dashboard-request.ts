/** What the dashboard needs of a request, of Node or of fetch. */
export interface DashboardRequest {
  readonly method: string;
  /** The path that the browser asked for, as it was sent. */
  readonly pathname: string;
  readonly query: URLSearchParams;
  /** @param name in lower case */
  header(name: string): string | undefined;
}

/** @param target a path with an optional query, or a whole URL */
export function splitTarget(target: string): Pick<DashboardRequest, 'pathname' | 'query'> {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  const [, pathname = '', query = ''] = /^([^?#]*)\??([^#]*)/.exec(path) ?? [];
  return { pathname: pathname || '/', query: new URLSearchParams(query) };
}
