import { createFetchHandler } from '@showpad-webhooks/fetch';

const receive = createFetchHandler({
  keys: () => process.env.KEY ?? '',
  on: { 'shared-space-user-added': () => {} },
});

// biome-ignore lint/style/noDefaultExport: A Worker is what its main module exports.
export default { fetch: (request: Request): Promise<Response> => receive(request) };
