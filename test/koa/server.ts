import { bodyParser } from '@koa/bodyparser';
import {
  type BehindParser,
  type CreateServer,
  listenHttp,
  listenHttp2,
  type TestServer,
} from '@showpad-webhooks/conformance';
import { showpadWebhooks } from '@showpad-webhooks/koa';
import type Koa from 'koa';
import { koaBody } from 'koa-body';
import oldBodyParser from 'koa-bodyparser';
import mount from 'koa-mount';
import koa2 from 'koa2';
import koa3 from 'koa3';

export const MAJORS: readonly (readonly [string, typeof koa3])[] = [
  ['2', koa2],
  ['3', koa3],
];

// All three answer keys named __proto__ with 400, unless the app leaves these bodies to what comes next.
function onError(error: Error): void {
  if (!/forbidden prototype property/.test(error.message)) throw error;
}

interface Parser {
  readonly name: string;
  readonly create: () => Koa.Middleware;
  /** What it does if it runs first. All bodies that are not named lose their bytes. */
  readonly behindParser: BehindParser;
}

const UNREAD = ['no Content-Type', 'text/plain', 'a multipart Content-Type', 'an invalid Content-Type'];
/** Bodies whose text, which the parser keeps, must have the same bytes. */
const LOSSLESS_TEXT = [
  'plain JSON',
  'CRLF and a trailing newline',
  'white space around the JSON',
  'escaped slashes',
  'unicode escapes',
  'the same characters unescaped',
  'an escaped lone surrogate',
  'decomposed characters',
  'an escaped NUL',
  'duplicate keys',
  'keys that are numbers',
  'numbers in other spellings',
  'numbers that no double can hold',
  'deep nesting',
  'a form’s Content-Type',
  'Content-Encoding identity',
  '1 MiB minus one',
  'exactly the limit',
];
const refused = ['text that is not JSON', 'UTF-16', 'every possible byte'];
const KEEPS_TEXT: BehindParser = { kept: [...UNREAD, ...LOSSLESS_TEXT, 'an empty body'], refused };

export const PARSERS: readonly Parser[] = [
  { name: 'koa-bodyparser', create: () => oldBodyParser({ onerror: onError }), behindParser: KEEPS_TEXT },
  { name: '@koa/bodyparser', create: () => bodyParser({ onError }), behindParser: KEEPS_TEXT },
  {
    name: 'koa-body',
    create: () => koaBody({ onError }),
    behindParser: { kept: [...UNREAD, 'an empty body'], refused },
  },
];

/** The conformance suite's app, on one major of Koa and with one of the parsers. */
export function serverOn(
  Application: typeof koa3,
  createParser: () => Koa.Middleware,
  protocol: 'HTTP/1.1' | 'HTTP/2' = 'HTTP/1.1',
): CreateServer {
  return async ({ options, path, parser, mountPath = '/' }) => {
    const app = new Application();
    app.silent = true; // Koa would print every connection that breaks.
    const middleware = showpadWebhooks({ ...options, path });
    if (parser === 'before') app.use(createParser());
    app.use(mount(mountPath, middleware));
    if (parser === 'after') app.use(createParser());
    app.use(async (ctx, next) => {
      if (ctx.path === '/hello') ctx.body = 'hello';
      else if (ctx.path === '/echo') ctx.body = ctx.request.body;
      else await next();
    });
    const { receiver } = middleware;
    if (protocol === 'HTTP/1.1') return listen(app, receiver);
    return { ...(await listenHttp2(app.callback())), receiver };
  };
}

/** Starts an app on a free port of the loopback interface. */
export async function listen(app: Koa, receiver: TestServer['receiver']): Promise<TestServer> {
  return { ...(await listenHttp(app.callback())), receiver };
}
