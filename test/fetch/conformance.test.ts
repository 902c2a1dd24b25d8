import { defineAdapterSuite } from '@showpad-webhooks/conformance';
import { createHonoServer } from './server.ts';

defineAdapterSuite('fetch, in Hono on Node', createHonoServer, {
  behindParser: { kept: [] },
  isFetch: true,
});
