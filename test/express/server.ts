import {
  type BehindParser,
  type CreateServer,
  listenHttp,
  type TestServer,
} from '@showpad-webhooks/conformance';
import { showpadWebhooks } from '@showpad-webhooks/express';
import type { Express } from 'express';
import express4 from 'express4';
import express5 from 'express5';

export const MAJORS: readonly (readonly [string, typeof express5])[] = [
  ['4', express4],
  ['5', express5],
];

/** The conformance suite's app, on one major of Express. */
export function serverOn(express: typeof express5): CreateServer {
  return async ({ options, path, parser, mountPath = '/' }) => {
    const app = express();
    app.disable('x-powered-by');
    const middleware = showpadWebhooks({ ...options, path });
    if (parser === 'before') app.use(express.json());
    app.use(mountPath, middleware);
    if (parser === 'after') app.use(express.json());
    app.get('/hello', (_req, res) => void res.send('hello'));
    app.post('/echo', (req, res) => void res.json(req.body));
    return listen(app, middleware.receiver);
  };
}

/** What `express.json()` does if it runs first. All other bodies are parsed, and their bytes are lost. */
export const BEHIND_PARSER: BehindParser = {
  kept: [
    'no Content-Type',
    'text/plain',
    'a form’s Content-Type',
    'a multipart Content-Type',
    'an invalid Content-Type',
    'an empty body',
  ],
  refused: [
    'an odd charset',
    'an unknown charset',
    'text that is not JSON',
    'UTF-16',
    'every possible byte',
    '1 MiB minus one',
    'exactly the limit',
    'exactly the limit, chunked',
  ],
};

/** Starts an app on a free port of the loopback interface. */
export async function listen(app: Express, receiver: TestServer['receiver']): Promise<TestServer> {
  return { ...(await listenHttp(app)), receiver };
}
