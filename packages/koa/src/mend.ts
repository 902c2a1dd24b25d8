import type { KoaContext } from './context.ts';

/** Names the parser that ran first, where the app's own middleware shows it, and the line that mends it. */
export function rawBodyMend({ app, request }: KoaContext): string {
  // koa-bodyparser and @koa/bodyparser call their middleware bodyParser; koa-body gives it no name.
  const names = app.middleware.map(({ name }) => name).filter((name) => /body/i.test(name));
  const parser =
    names.length > 0 ? [...new Set(names)].map((name) => `${name}()`).join(' and ') : 'a body parser';
  const path = request.originalUrl.split('?', 1)[0];
  const first = `app.use(showpadWebhooks(…, { path: '${path}' }))`;
  if (typeof request.rawBody === 'string') {
    return (
      `In this Koa app ${parser} runs before showpadWebhooks() and leaves the body as text, ` +
      `from which the bytes that were sent can't be told. Move ${first} above it.`
    );
  }
  return (
    `In this Koa app ${parser} runs before showpadWebhooks() and leaves no raw body. Move ${first} above it; ` +
    'or, if it is koa-body, keep its text with koaBody({ includeUnparsed: true }).'
  );
}
