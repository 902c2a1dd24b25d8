import { setTimeout as pause } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import type { Engine } from '../engine.ts';
import type { ApiFault, FaultApi } from '../faults/actions.ts';

export type Refusal = NonNullable<ApiFault['refusal']>;

/** What the handlers of an API know of a request's faults. */
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
    const faults = engine.faults.breakApi(api, context.req.path, context.req.method);
    const latencyMs = faults.reduce((sum, fault) => sum + (fault.latencyMs ?? 0), 0);
    // Aborts with the request, so that nothing waits for an answer that nobody reads.
    if (latencyMs > 0) await pause(latencyMs, undefined, { signal: context.req.raw.signal, ref: false });
    context.set(
      'isTokenExpired',
      faults.some((fault) => fault.isTokenExpired),
    );
    const refusal = faults.find((fault) => fault.refusal)?.refusal;
    if (refusal) return refuse(context, refusal);
    await next();
    if (faults.some((fault) => fault.isAnswerLost)) context.env.incoming.socket.destroy();
  };
}
