import { defineHostileSuite } from '@showpad-webhooks/hostile';
import { PLATFORMS, serverOn } from './server.ts';

for (const [platform, createAdapter] of PLATFORMS) {
  defineHostileSuite(`nestjs on ${platform}`, serverOn(createAdapter));
}
