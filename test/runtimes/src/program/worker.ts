// The program that runs in workerd.
import { waitUntil } from 'cloudflare:workers';
import { createApps } from './app.ts';
import { lendTimersOfTest } from './timers.ts';

lendTimersOfTest();
const serve: ReturnType<typeof createApps> = createApps({ isHono: false, waitUntil });

// biome-ignore lint/style/noDefaultExport: A Worker is what its main module exports.
export default { fetch: (request: Request): Response | Promise<Response> => serve(request) };
