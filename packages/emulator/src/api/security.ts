import type { MiddlewareHandler } from 'hono';
import { EmulatorProblem } from '../problem.ts';

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Refuses requests that a website in the user's browser could send: by DNS rebinding, which has a foreign Host, or across
 * origins, which has a foreign Origin. Other clients send neither.
 */
export function guardOrigin(allowedHosts: readonly string[]): MiddlewareHandler {
  const names = new Set([...LOOPBACK_NAMES, ...allowedHosts].map((name) => name.toLowerCase()));
  const isAllowed = (host: string) => names.has(host) || names.has(host.replace(/:\d+$/, ''));
  return async (context, next) => {
    const host = context.req.header('host')?.toLowerCase() ?? '';
    const origin = context.req.header('origin');
    if (!isAllowed(host)) {
      const message = 'The Host header names another machine. If that is intended, add it to allowedHosts.';
      throw new EmulatorProblem('HOST_FORBIDDEN', message);
    }
    if (origin !== undefined && origin !== `http://${host}`) {
      throw new EmulatorProblem('ORIGIN_FORBIDDEN', 'Websites of another origin may not call the emulator.');
    }
    await next();
    context.header('x-content-type-options', 'nosniff');
    // With no-referrer, a form of our own page would have the Origin "null".
    context.header('referrer-policy', 'same-origin');
    context.header('cross-origin-resource-policy', 'same-origin');
  };
}
