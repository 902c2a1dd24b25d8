import { defineAdapterSuite } from '@showpad-webhooks/conformance';
import { BEHIND_PARSER, MAJORS, serverOn } from './server.ts';

for (const [major, express] of MAJORS) {
  const options = { behindParser: BEHIND_PARSER, isMountable: true };
  defineAdapterSuite(`express ${major}`, serverOn(express), options);
}
