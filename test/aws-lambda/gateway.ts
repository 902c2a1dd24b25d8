import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { createLambdaHandler, createReceiver, type LambdaResponse } from '@showpad-webhooks/aws-lambda';
import { type CreateServer, listenHttp, type ServerSetup } from '@showpad-webhooks/conformance';
import type { GatewayRequest, ToEvent } from './events.ts';

export interface GatewayOptions {
  readonly toEvent: ToEvent;
  /** Whether a body is passed as text. */
  readonly isText: (
    request: Pick<GatewayRequest, 'headers' | 'body'>,
    parser: ServerSetup['parser'],
  ) => boolean;
}

/** A gateway on the loopback interface: it makes a Lambda event of each request, and a response of what the function returns. */
export function createGateway({ toEvent, isText }: GatewayOptions): CreateServer {
  return async ({ options, path, parser }) => {
    const receiver = createReceiver(options);
    const handler = createLambdaHandler(receiver);

    async function invoke(req: IncomingMessage, sentPath: string, query: string): Promise<LambdaResponse> {
      const { method = '', rawHeaders } = req;
      const headers = pairsOf(rawHeaders);
      const body = await buffer(req);
      const isBase64Encoded = !isText({ headers, body }, parser);
      const event = toEvent({ method, path: sentPath, query, headers, body, isBase64Encoded });
      // Lambda passes events and responses as JSON.
      return JSON.parse(JSON.stringify(await handler(JSON.parse(JSON.stringify(event)))));
    }

    async function route(req: IncomingMessage, res: ServerResponse): Promise<void> {
      const [sentPath = '', query = ''] = (req.url ?? '').split(/\?(.*)/s);
      if (sentPath === path || sentPath === `${path}/`) {
        const { statusCode, headers, multiValueHeaders, body } = await invoke(req, sentPath, query);
        const length = { 'content-length': Buffer.byteLength(body) };
        res.writeHead(statusCode, { ...(multiValueHeaders ?? headers), ...length }).end(body);
      } else if (sentPath === '/hello') res.end('hello');
      else if (sentPath === '/echo') res.end(JSON.stringify(JSON.parse((await buffer(req)).toString())));
      else res.writeHead(404).end();
    }

    const listening = await listenHttp((req, res) => {
      route(req, res).catch(() => res.destroy());
    });
    return { ...listening, receiver };
  };
}

function pairsOf(rawHeaders: readonly string[]): GatewayRequest['headers'] {
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : [],
  );
}
