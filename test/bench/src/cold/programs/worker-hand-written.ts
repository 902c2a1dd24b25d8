import { Buffer } from 'node:buffer';
import { verifyByHand } from '../../hand-written.ts';

async function answer(request: Request): Promise<Response> {
  try {
    const body = Buffer.from(await request.arrayBuffer());
    verifyByHand(body, Object.fromEntries(request.headers), process.env.KEY ?? '');
    return new Response('ok');
  } catch {
    return new Response('rejected', { status: 401 });
  }
}

// biome-ignore lint/style/noDefaultExport: A Worker is what its main module exports.
export default { fetch: (request: Request): Promise<Response> => answer(request) };
