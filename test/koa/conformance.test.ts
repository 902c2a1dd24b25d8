import { defineAdapterSuite } from '@showpad-webhooks/conformance';
import { MAJORS, PARSERS, serverOn } from './server.ts';

for (const [major, Application] of MAJORS) {
  for (const { name, create, behindParser } of PARSERS) {
    const createServer = serverOn(Application, create);
    defineAdapterSuite(`koa ${major} with ${name}`, createServer, { behindParser, isMountable: true });
  }
}
