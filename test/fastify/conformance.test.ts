import { defineAdapterSuite } from '@showpad-webhooks/conformance';
import { MAJORS, serverOn } from './server.ts';

for (const [major, createApp] of MAJORS) {
  defineAdapterSuite(`fastify ${major}`, serverOn(createApp), {
    behindParser: { kept: 'all' },
    isMountable: true,
  });
}
