import { setTimeout as pause } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import type { Engine } from '../engine.ts';
import type { Refusal } from '../faults/api-faults.ts';
import type { FaultApi } from '../faults/kinds.ts';

/** What the handlers of an API know about a request's faults. */
export interface FaultVariables {
  readonly Bindings: HttpBindings;
  readonly Variables: { isTokenExpired: boolean };
}

/** Breaks the requests that the rules of one API match. */
export function breakRequests(
  engine: Engine,
  api: FaultApi,
  refuse: (context: Context, refusal: Refusal) => Response,
): MiddlewareHandler<FaultVariables> {
  return async (context, next) => {
    const effects = engine.faults.breakApi(api, context.req.path, context.req.method);
    const latencyMs = effects.reduce((sum, effect) => sum + (effect.latencyMs ?? 0), 0);
    // The pause ends with the request, because nobody is left to read the response.
    if (latencyMs > 0) await pause(latencyMs, undefined, { signal: context.req.raw.signal, ref: false });
    context.set(
      'isTokenExpired',
      effects.some((effect) => effect.isTokenExpired),
    );
    const refusal = effects.find((effect) => effect.refusal)?.refusal;
    if (refusal) return refuse(context, refusal);
    await next();
    if (effects.some((effect) => effect.isAnswerLost)) context.env.incoming.socket.destroy();
  };
}
