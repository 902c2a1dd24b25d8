import { defineHostileSuite } from '@showpad-webhooks/hostile';
import { GATEWAYS } from './gateways.ts';

for (const [name, createServer] of Object.entries(GATEWAYS)) {
  defineHostileSuite(`Lambda behind ${name}`, createServer, { isBuffered: true });
}
