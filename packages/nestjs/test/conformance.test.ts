import { defineAdapterSuite } from '@showpad-webhooks/conformance';
import { PLATFORMS, serverOn } from './server.ts';

for (const [platform, createAdapter] of PLATFORMS) {
  defineAdapterSuite(`nestjs on ${platform}`, serverOn(createAdapter), {
    behindParser: { kept: 'all' },
    // Only an Express app can be mounted in another one.
    isMountable: platform === 'express',
  });
}
