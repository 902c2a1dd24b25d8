import type { ExpressRequest } from './middleware.ts';

const PARSERS: Readonly<Record<string, string>> = {
  jsonParser: 'express.json()',
  urlencodedParser: 'express.urlencoded()',
  textParser: 'express.text()',
  rawParser: 'express.raw()',
};

/** Names the parser that ran first, where the app's own stack shows it, and the line that mends it. */
export function rawBodyMend({ app, originalUrl = '' }: ExpressRequest): string {
  const found = parsersOf(app);
  const parser = found.length > 0 ? found.join(' and ') : 'a body parser';
  const path = originalUrl.split('?', 1)[0];
  return (
    `In this Express app ${parser} runs before showpadWebhooks() and leaves no raw bytes of ${path}. ` +
    'Either move app.use(showpadWebhooks(…)) above it, or keep its bytes: ' +
    "app.use(express.json({ verify: captureRawBody })), with captureRawBody from '@showpad-webhooks/express'."
  );
}

/** Express 5 keeps its layers in `app.router`; Express 4 in `app._router`, and its `app.router` throws. */
function parsersOf(app: unknown): readonly string[] {
  const { _router, router } = Object.getOwnPropertyDescriptors(app ?? {}) as Record<
    string,
    PropertyDescriptor
  >;
  const layers: unknown = (_router?.value ?? router?.get?.call(app))?.stack;
  if (!Array.isArray(layers)) return [];
  const names = layers.map((layer: { name?: string }) => PARSERS[layer.name ?? '']);
  return [...new Set(names.filter((name) => name !== undefined))];
}
