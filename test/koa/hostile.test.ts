import { bodyParser } from '@koa/bodyparser';
import { defineHostileSuite } from '@showpad-webhooks/hostile';
import { MAJORS, serverOn } from './server.ts';

for (const [major, Application] of MAJORS) {
  for (const protocol of ['HTTP/1.1', 'HTTP/2'] as const) {
    const createServer = serverOn(Application, () => bodyParser(), protocol);
    defineHostileSuite(`koa ${major}`, createServer, { protocol });
  }
}
