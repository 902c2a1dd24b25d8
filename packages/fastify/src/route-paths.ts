import type { FastifyInstance } from 'fastify';

/** Takes the prefix of the app away from a path that contains it: `path` may contain the prefix or leave it out. */
export function withoutPrefix(path: string, prefix: string): string {
  const rest = path.startsWith(prefix) ? path.slice(prefix.length) : path;
  return rest === '' || rest.startsWith('/') ? rest : path;
}

/**
 * The routes for a path: with and without a trailing slash, as in the other adapters, unless the app treats both as one. A colon
 * would begin a parameter, so it is doubled. Fastify decodes the path of a request before it looks for a route.
 */
export function routePaths({ initialConfig }: FastifyInstance, path: string): readonly string[] {
  const url = decoded(path).replaceAll(':', '::').replace(/\/$/, '');
  // At the prefix itself, Fastify adds both of them.
  if (url === '') return ['/'];
  return ignoresTrailingSlash(initialConfig) ? [url] : [url, `${url}/`];
}

function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path; // Not every percent sign begins an escape.
  }
}

/** Since Fastify 5.5 the options of its router may be in an object of their own. */
function ignoresTrailingSlash(config: FastifyInstance['initialConfig']): boolean {
  const { routerOptions } = config as { readonly routerOptions?: { readonly ignoreTrailingSlash?: boolean } };
  return routerOptions?.ignoreTrailingSlash ?? config.ignoreTrailingSlash ?? false;
}
