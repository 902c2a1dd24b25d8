import { defineHostileSuite } from '@showpad-webhooks/hostile';
import { MAJORS, serverOn } from './server.ts';

for (const [major, createApp] of MAJORS) {
  for (const protocol of ['HTTP/1.1', 'HTTP/2'] as const) {
    defineHostileSuite(`fastify ${major}`, serverOn(createApp, protocol), { protocol });
  }
}
