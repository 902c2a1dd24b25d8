import { Hono } from 'hono';
import type { Engine } from '../engine.ts';
import { EmulatorProblem, problemResponse } from '../problem.ts';
import { adminPage } from './admin-page.ts';
import { controlApi } from './control-api.ts';
import { oauthApi } from './oauth-api.ts';
import { guardOrigin } from './security.ts';
import { subscriptionsApi } from './subscriptions-api.ts';

/** Everything that the emulator serves. */
export function createApp(engine: Engine): Hono {
  const app = new Hono();
  app.use(guardOrigin(engine.settings.allowedHosts));
  app.use(adminPage);
  app.route('/__emulator', controlApi(engine));
  app.route('/api/v3/oauth2', oauthApi(engine));
  app.route('/webhooks/v1', subscriptionsApi(engine));
  app.notFound((context) => problemResponse(noRoute(context.req.method, context.req.path)));
  app.onError((error) => problemResponse(error instanceof EmulatorProblem ? error : unexpected()));
  return app;
}

function noRoute(method: string, path: string): EmulatorProblem {
  return new EmulatorProblem(404, 'Not found', `There is no ${method} ${path}.`);
}

/** What went wrong is in no response: it may hold what must not leave. */
function unexpected(): EmulatorProblem {
  return new EmulatorProblem(500, 'Emulator failure', 'A defect of the emulator: please report it.');
}
