import { bodyParser } from '@koa/bodyparser';
import { defineHostileSuite } from '@showpad-webhooks/hostile';
import { MAJORS, serverOn } from './server.ts';

for (const [major, Application] of MAJORS) {
  defineHostileSuite(
    `koa ${major}`,
    serverOn(Application, () => bodyParser()),
  );
}
