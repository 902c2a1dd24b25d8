import { defineAdapterSuite } from '@showpad-webhooks/conformance';
import { MAJORS, PARSERS, serverOn } from './server.ts';

for (const [major, Application] of MAJORS) {
  for (const [parser, parse] of PARSERS) {
    defineAdapterSuite(`koa ${major} with ${parser}`, serverOn(Application, parse));
  }
}
