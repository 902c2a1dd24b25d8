// A Worker whose handler is still running at its timeout: it ends when the server at SLOW_URL answers.
import { waitUntil } from 'cloudflare:workers';
import { createFetchHandler, createMemoryLedger } from '@showpad-webhooks/fetch';

const receive = createFetchHandler({
  keys: () => process.env.KEY ?? '',
  ledger: createMemoryLedger(),
  handlerTimeoutMs: 50,
  ...(process.env.HAS_WAIT_UNTIL === 'true' && { waitUntil }),
});
receive.receiver.onAny(async () => {
  await fetch(process.env.SLOW_URL ?? '');
});

// biome-ignore lint/style/noDefaultExport: A Worker is what its main module exports.
export default { fetch: (request: Request): Promise<Response> => receive(request) };
