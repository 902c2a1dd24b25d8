import { Hono } from 'hono';
import { listAssumptions } from '../assumptions.ts';
import { toAttempt } from '../delivery/attempt.ts';
import type { Engine } from '../engine.ts';
import { FAULT_KINDS } from '../faults/fault-kinds.ts';
import type { FaultRuleInput } from '../faults/rule.ts';
import { checkInput } from '../input.ts';
import { readPackageFile } from '../package-files.ts';
import { withoutKey } from '../subscriptions.ts';
import { mask } from '../tokens.ts';
import { ADVANCE, CLOCK, EXPLAIN, LIFETIME, REPLAY, readEvents } from './control-input.ts';
import { readObject, readPage } from './read-request.ts';
import { changeStream } from './stream.ts';

/** An event or a state can be large. */
const MAX_BODY_BYTES = 16 * 1_024 * 1_024;

/** What the Admin page calls. It is not part of Showpad's APIs, and needs no bearer token. */
export function controlApi(engine: Engine): Hono {
  const api = new Hono();

  api.get('/health', (context) => context.json({ status: 'ok' }));
  api.get('/info', async (context) => {
    const { version } = JSON.parse((await readPackageFile('package.json')).toString());
    const { mode, now } = engine.clock.state;
    const url = new URL(context.req.url).origin;
    return context.json({ isEmulator: true, version, url, clock: mode, now, seed: engine.settings.seed });
  });
  api.get('/openapi.json', async (context) => {
    const text = await readPackageFile('openapi.json');
    return context.body(text.toString(), 200, { 'content-type': 'application/json' });
  });
  api.get('/catalogue', (context) => context.json(engine.catalogue.list(engine.assumptions)));
  api.post('/samples', async (context) =>
    context.json(engine.samples.add(await readObject(context, MAX_BODY_BYTES)), 201),
  );
  api.delete('/samples/:type', (context) => {
    engine.samples.remove(context.req.param('type'));
    return context.body(null, 204);
  });
  api.get('/signature-key', (context) =>
    context.json({ signatureKey: engine.settings.signatureKey ?? null }, 200, {
      'cache-control': 'no-store',
    }),
  );
  api.get('/stream', () => changeStream(engine.hub));

  api.get('/subscriptions', (context) => context.json(engine.subscriptions.list().map(withoutKey)));
  api.post('/subscriptions', async (context) =>
    context.json(engine.createSubscription(await readObject(context)), 201),
  );
  api.get('/subscriptions/:id', (context) =>
    context.json(withoutKey(engine.subscriptions.get(context.req.param('id')))),
  );
  api.patch('/subscriptions/:id', async (context) =>
    context.json(withoutKey(engine.updateSubscription(context.req.param('id'), await readObject(context)))),
  );
  api.delete('/subscriptions/:id', (context) => {
    engine.deleteSubscription(context.req.param('id'));
    return context.body(null, 204);
  });

  api.post('/events', async (context) => {
    const { type, overrides, ...options } = readEvents(await readObject(context, MAX_BODY_BYTES));
    return context.json(engine.trigger(type, overrides, options), 202);
  });
  api.get('/attempts', (context) => {
    const { limit, cursor } = readPage(context, 50, 1_000);
    const { subscriptionId, type, eventId, notificationId } = context.req.query();
    const filter = { subscriptionId, type, eventId, notificationId };
    const { items, next } = engine.log.page(filter, limit, cursor);
    return context.json({ items: items.map(toAttempt), next });
  });
  api.get('/attempts/:id', (context) => context.json(toAttempt(engine.log.get(context.req.param('id')))));
  api.post('/attempts/:id/replay', async (context) => {
    const options = checkInput(REPLAY, await readObject(context, MAX_BODY_BYTES));
    return context.json(engine.replay(context.req.param('id'), options), 202);
  });
  api.post('/attempts/:id/explain', async (context) => {
    const { body } = checkInput(EXPLAIN, await readObject(context, MAX_BODY_BYTES));
    return context.json(engine.explain(context.req.param('id'), body));
  });

  api.get('/faults', (context) => context.json(engine.faults.list()));
  api.get('/faults/actions', (context) => context.json(FAULT_KINDS));
  api.post('/faults', async (context) => {
    const rule: unknown = await readObject(context);
    return context.json(engine.faults.add(rule as FaultRuleInput), 201);
  });
  api.delete('/faults', (context) => {
    engine.faults.clear();
    return context.body(null, 204);
  });
  api.delete('/faults/:id', (context) => {
    engine.faults.remove(context.req.param('id'));
    return context.body(null, 204);
  });

  api.get('/clock', (context) => context.json(engine.clock.state));
  api.post('/clock', async (context) => {
    const { mode, now } = checkInput(CLOCK, await readObject(context));
    if (mode !== undefined) engine.clock.setMode(mode);
    const forwardMs = (now ?? 0) - engine.clock.now();
    if (now !== undefined && forwardMs < 0) engine.clock.setNow(now);
    await engine.advanceTime(now === undefined ? 0 : Math.max(forwardMs, 0));
    return context.json(engine.clock.state);
  });
  api.post('/clock/advance', async (context) => {
    const { ms } = checkInput(ADVANCE, await readObject(context));
    await engine.advanceTime(ms);
    return context.json(engine.clock.state);
  });

  api.get('/tokens', (context) => context.json(engine.tokens.all.map(mask)));
  api.post('/tokens', async (context) => {
    const { accessTokenSeconds } = engine.settings.oauth;
    const { expiresInSeconds = accessTokenSeconds } = checkInput(LIFETIME, await readObject(context));
    const token = engine.tokens.issue('access', expiresInSeconds);
    return context.json({ ...mask(token), accessToken: token.value }, 201);
  });
  api.delete('/tokens', (context) => {
    engine.tokens.clear();
    return context.body(null, 204);
  });

  api.get('/assumptions', (context) => context.json(listAssumptions(engine.assumptions)));
  api.patch('/assumptions', async (context) => {
    engine.assume(await readObject(context));
    return context.json(listAssumptions(engine.assumptions));
  });

  api.get('/state', (context) => {
    const includeKeys = context.req.query('includeKeys') === 'true';
    return context.json(engine.exportState({ includeKeys }));
  });
  api.put('/state', async (context) => {
    engine.importState(await readObject(context, MAX_BODY_BYTES));
    return context.body(null, 204);
  });
  api.post('/reset', (context) => {
    engine.reset();
    return context.body(null, 204);
  });
  return api;
}
