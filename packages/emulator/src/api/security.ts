import type { MiddlewareHandler } from 'hono';
import { EmulatorProblem } from '../problem.ts';

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Refuses what a web page of another origin could send: by DNS rebinding (a foreign Host) or across origins (a
 * foreign Origin). Without a browser there is neither.
 */
export function guardOrigin(allowedHosts: readonly string[]): MiddlewareHandler {
  const names = new Set([...LOOPBACK_NAMES, ...allowedHosts].map((name) => name.toLowerCase()));
  const isAllowed = (host: string) => names.has(host) || names.has(host.replace(/:\d+$/, ''));
  return async (context, next) => {
    const host = context.req.header('host')?.toLowerCase() ?? '';
    const origin = context.req.header('origin');
    if (!isAllowed(host)) {
      const detail = 'The Host header names another machine: add it to allowedHosts where that is meant.';
      throw new EmulatorProblem(403, 'Forbidden host', detail);
    }
    if (origin !== undefined && origin !== `http://${host}`) {
      throw new EmulatorProblem(403, 'Forbidden origin', 'A web page of another origin may not ask this.');
    }
    await next();
    context.header('x-content-type-options', 'nosniff');
    // Not no-referrer: a form of our own page would then come with the Origin "null".
    context.header('referrer-policy', 'same-origin');
    context.header('cross-origin-resource-policy', 'same-origin');
  };
}
