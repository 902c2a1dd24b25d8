import { Hono } from 'hono';
import type { Engine } from '../engine.ts';
import { EmulatorProblem, notFound, problemResponse } from '../problem.ts';
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
  app.notFound(({ req }) => problemResponse(notFound(`${req.method} ${req.path}`)));
  app.onError((error) => problemResponse(EmulatorProblem.isInstance(error) ? error : failure()));
  return app;
}

/** The response does not say what went wrong, because the error may contain secrets. */
function failure(): EmulatorProblem {
  return new EmulatorProblem('EMULATOR_FAILED', 'This is a bug in the emulator. Please report it.');
}
