const ABSOLUTE_FORM = /^[a-z][a-z0-9+.-]{0,31}:\/\/[^/?#]*/i;

/** The path of `req.url`, which is `/path?query` or, in its absolute form, `http://host/path?query`. */
function pathOf(url: string): string {
  const path = url.startsWith('/') ? url : url.replace(ABSOLUTE_FORM, '');
  const end = path.search(/[?#]/);
  return end === -1 ? path : path.slice(0, end);
}

/**
 * Says whether a request is for `path`: the text must be the same, with or without a trailing slash. Nothing is decoded, and
 * neither letter case nor dots are normalised, so that nothing else is ever taken for the path.
 *
 * @param originalUrl the URL before routers removed the parts that they are mounted on. `path` may contain all of these parts,
 * only the last ones, or none.
 */
export function matchesPath(url: string, path: string, originalUrl: string = url): boolean {
  const wanted = withoutTrailingSlash(path);
  const rest = withoutTrailingSlash(pathOf(url));
  if (rest === wanted) return true;
  const whole = withoutTrailingSlash(pathOf(originalUrl));
  return whole.endsWith(wanted) && (rest === '/' || wanted.endsWith(rest));
}

/** @throws TypeError for a path that could never match. */
export function checkPath(path: unknown): asserts path is string {
  if (typeof path === 'string' && /^\/[^?#]*$/.test(path)) return;
  throw new TypeError(
    'The option "path" must be text that begins with "/" and has no query, such as "/webhooks/showpad".',
  );
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
