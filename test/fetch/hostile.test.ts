import { defineHostileSuite } from '@showpad-webhooks/hostile';
import { createHonoServer } from './server.ts';

defineHostileSuite('fetch, in Hono on Node', createHonoServer, { isFetch: true });
