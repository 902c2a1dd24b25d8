import { createServer } from 'node:http';
import { createNodeHandler } from '@showpad-webhooks/core/node';
import { handler } from './build/handler.js';

const receive = createNodeHandler({
  path: '/webhooks/showpad',
  keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
  on: { 'shared-space-user-added': ({ data }) => console.log(`${data.invitee.email} joined`) },
});

// The webhook comes first. Everything else goes to SvelteKit.
createServer((req, res) => receive(req, res, () => handler(req, res))).listen(process.env.PORT ?? 3000);
