import { Hono } from 'hono';

export interface HonoAppOptions {
  /** Answers the requests of the path. */
  readonly receive: (request: Request) => Promise<Response>;
  readonly path: string;
  readonly parser: 'none' | 'before' | 'after';
}

/** A Hono app with a webhook. The body can be parsed before the handler, and then nobody has the bytes any more. */
export function createHonoApp({ receive, path, parser }: HonoAppOptions): Hono {
  const app = new Hono({ getPath: (request) => new URL(request.url).pathname });
  if (parser === 'before') {
    app.use(async ({ req }, next) => {
      await req.arrayBuffer().catch(() => {});
      await next();
    });
  }
  for (const each of [path, `${path}/`]) app.all(each, ({ req }) => receive(req.raw));
  app.get('/hello', (context) => context.text('hello'));
  app.post('/echo', async (context) => context.json(await context.req.json()));
  return app;
}
