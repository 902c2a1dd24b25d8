/** A request's path, of `req.url` in origin form (`/path?query`) or absolute form (`http://host/path`). */
function pathOf(url: string): string {
  const path = url.startsWith('/') ? url : url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return path.replace(/[?#].*/s, '');
}

/**
 * Whether a request is for `path`: the same text, with or without a trailing slash. No decoding and no
 * folding of case or dots, so nothing else is ever taken for it.
 */
export function matchesPath(url: string, path: string): boolean {
  return url === path || withoutTrailingSlash(pathOf(url)) === withoutTrailingSlash(path);
}

/** @throws TypeError for a path that could never match. */
export function checkPath(path: unknown): asserts path is string | undefined {
  if (path === undefined || (typeof path === 'string' && /^\/[^?#]*$/.test(path))) return;
  throw new TypeError(
    'path must be a string that begins with "/" and has no query, such as "/webhooks/showpad".',
  );
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
