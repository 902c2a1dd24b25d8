import type { KoaContext } from './context.ts';

/** Names the parser that ran first, if the app's own middleware shows it, and the line that fixes it. */
export function explainMissingBody({ app, request }: KoaContext): string {
  // koa-bodyparser and @koa/bodyparser call their middleware bodyParser. koa-body gives it no name.
  const names = app.middleware.map(({ name }) => name).filter((name) => /body/i.test(name));
  const parser = [...new Set(names)].map((name) => `${name}()`).join(' or ') || 'a body parser';
  const [path] = request.originalUrl.split('?', 1);
  const parsed = `In this Koa app ${parser} parses the body before the webhook`;
  if (typeof request.rawBody === 'string') {
    return `${parsed} and keeps only text, which may differ from the raw bytes of ${path}. Move the webhook above the parser.`;
  }
  return (
    `${parsed}, so the raw bytes of ${path} are gone. Move the webhook above the parser. If the parser is koa-body, ` +
    'koaBody({ includeUnparsed: true }) may be enough.'
  );
}
