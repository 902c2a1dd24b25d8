import { type Context, Hono, type MiddlewareHandler } from 'hono';
import type { AttemptRecord } from '../delivery/attempt.ts';
import type { Engine } from '../engine.ts';
import { badCursor, EmulatorProblem, problemResponse } from '../problem.ts';
import type { StoredSubscription } from '../subscriptions.ts';
import { allowOnly } from './allow-only.ts';
import { breakRequests, type FaultVariables } from './break-requests.ts';
import { readObject, readPage } from './read-request.ts';

const PAGE_SIZE = 20;
const LARGEST_PAGE = 100;

/** Showpad's subscriptions API (docs/showpad.md, "Subscriptions"), as openapi.json describes it. */
export function subscriptionsApi(engine: Engine): Hono<FaultVariables> {
  const api = new Hono<FaultVariables>();
  const urlName = () => engine.assumptions.endpointField;
  const toJson = ({ id, name, types, method, url, headers, createdAt }: StoredSubscription) => ({
    id,
    name,
    types,
    method,
    [urlName()]: url,
    headers,
    createdAt: new Date(createdAt).toISOString(),
  });
  const toLog = (record: AttemptRecord) => ({
    ...toLogEntry(record),
    ...(engine.assumptions.logHeaders === 'response' && {
      responseHeaders: record.response?.headers ?? null,
    }),
  });
  const find = (context: Context) => engine.subscriptions.get(context.req.param('id') ?? '');

  api.use(
    breakRequests(engine, 'subscriptions', (_context, refusal) =>
      problemResponse({ ...refusal, message: 'This response comes from a fault rule.' }),
    ),
  );
  api.use(requireToken(engine));

  api.get('/subscriptions', (context) => {
    const { limit, cursor } = readPage(context, PAGE_SIZE, LARGEST_PAGE);
    const all = engine.subscriptions.list();
    if (engine.assumptions.lists === 'array') return context.json(all.map(toJson));
    const start = cursor === undefined ? 0 : all.findIndex(({ id }) => id === cursor);
    if (start < 0) throw badCursor();
    const next = all[start + limit];
    const items = all.slice(start, start + limit).map(toJson);
    return context.json({ items, ...(next && { nextCursor: next.id }) });
  });
  api.post('/subscriptions', async (context) => {
    const created = engine.createSubscription(await readObject(context), urlName());
    return context.json({ ...toJson(created), signatureKey: created.signatureKey }, 201);
  });
  api.get('/subscriptions/:id', (context) => context.json(toJson(find(context))));
  api.post('/subscriptions/:id', async (context) => {
    const { id } = find(context);
    const isPartial = engine.assumptions.update === 'partial';
    const updated = engine.updateSubscription(id, await readObject(context), urlName(), isPartial);
    return context.json(toJson(updated));
  });
  api.delete('/subscriptions/:id', (context) => {
    engine.deleteSubscription(find(context).id);
    return context.body(null, 204);
  });
  api.get('/subscriptions/:id/logs', (context) => {
    const filter = { subscriptionId: find(context).id, isEnded: true };
    const { limit, cursor } = readPage(context, PAGE_SIZE, LARGEST_PAGE);
    if (engine.assumptions.lists === 'array') {
      return context.json(engine.log.page(filter, Number.MAX_SAFE_INTEGER).items.map(toLog));
    }
    const { items, next } = engine.log.page(filter, limit, cursor);
    return context.json({ items: items.map(toLog), ...(next && { nextCursor: next }) });
  });

  api.all('/subscriptions', allowOnly('GET, POST'));
  api.all('/subscriptions/:id', allowOnly('GET, POST, DELETE'));
  api.all('/subscriptions/:id/logs', allowOnly('GET'));
  return api;
}

function toLogEntry({ id, notification, number, request, response, error, ...record }: AttemptRecord) {
  return {
    id,
    eventId: notification.eventId,
    type: notification.type,
    attempt: number,
    method: request?.method ?? null,
    url: request?.url ?? null,
    requestedAt: new Date(record.startedAt ?? record.dueAt).toISOString(),
    durationMs: record.durationMs,
    statusCode: response?.status ?? null,
    error,
  };
}

function requireToken({ tokens }: Engine): MiddlewareHandler<FaultVariables> {
  return async (context, next) => {
    const [, token] = /^Bearer +(\S+)$/i.exec(context.req.header('authorization') ?? '') ?? [];
    if (token === undefined) {
      throw unauthorized('Send the header authorization: Bearer, with an access token.', 'Bearer');
    }
    if (context.get('isTokenExpired') || !tokens.find('access', token)) {
      throw unauthorized('The access token is unknown, revoked or expired.', 'Bearer error="invalid_token"');
    }
    await next();
  };
}

function unauthorized(message: string, challenge: string): EmulatorProblem {
  return new EmulatorProblem('UNAUTHORIZED', message, { headers: { 'www-authenticate': challenge } });
}
