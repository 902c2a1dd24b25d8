import type { NodeRequest } from '@showpad-webhooks/core/node';

/** A Node request, with what Express adds to it. */
export type ExpressRequest = NodeRequest & {
  readonly app?: unknown;
  readonly baseUrl?: string;
  readonly route?: unknown;
};

const PARSERS: Readonly<Record<string, string>> = {
  jsonParser: 'express.json()',
  urlencodedParser: 'express.urlencoded()',
  textParser: 'express.text()',
  rawParser: 'express.raw()',
};

/** Names the parser that ran first, if the app's own stack shows it, and the line that fixes it. */
export function explainMissingBody({ app, originalUrl = '' }: ExpressRequest): string {
  const parser = parsersOf(app).join(' or ') || 'a body parser';
  const [path] = originalUrl.split('?', 1);
  return (
    `In this Express app ${parser} parses the body before the webhook, so the raw bytes of ${path} are gone. Move the ` +
    'webhook above the parser, or let the parser keep the bytes: app.use(express.json({ verify: captureRawBody })), ' +
    "with captureRawBody from '@showpad-webhooks/express'."
  );
}

/** Express 5 keeps its layers in `app.router`. Express 4 keeps them in `app._router`, and its `app.router` throws. */
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
