// An app that answers everything it has begun before it ends.
import { createServer } from 'node:http';
import { createNodeHandler } from '@showpad-webhooks/core/node';

const handler = createNodeHandler({
  path: '/webhooks/showpad',
  keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
  on: { 'shared-space-user-added': () => {} },
});
const server = createServer(handler).listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  void handler.receiver.close();
});
