import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createReceiver,
  type Receipt,
  type Receiver,
  type WebhookRequest,
  type WebhookResponse,
} from '@showpad-webhooks/core';
import { createRouteHandler } from '@showpad-webhooks/core/node';
import type { Command } from 'commander';
import { checked } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { isDelivered } from '../http/answer.ts';
import { listenOn } from '../http/listen-on.ts';
import { createRecorder, type Recording } from '../http/recording.ts';
import { type Answer, endToEnd, isAnswer, type NoAnswer, send } from '../http/send.ts';
import { readKeys } from '../input/read-keys.ts';
import { readUrl } from '../input/read-url.ts';
import { keyFlag, wholeNumber } from '../terminal/flags.ts';
import { type Output, paint } from '../terminal/output.ts';
import { stopped } from '../terminal/stopped.ts';

interface ListenFlags {
  readonly port: number;
  readonly host: string;
  readonly key?: readonly string[];
  readonly forwardTo?: string;
  readonly record?: string;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;

export function addListen(program: Command, context: Context): void {
  program
    .command('listen')
    .description('Receive deliveries, verify them and print a line for each')
    .addOption(keyFlag())
    .option('--port <n>', 'Port to listen on; 0 is any free port', wholeNumber(0, 65_535), 4040)
    .option('--host <address>', 'Address to listen on', '127.0.0.1')
    .option('--forward-to <url>', 'Forward authentic deliveries to this endpoint, and answer what it answers')
    .option('--record <folder>', 'Save each delivery, with its payload, to a file for replay')
    .addHelpText(
      'after',
      `
It runs until you stop it with Ctrl-C. A delivery that is not authentic is answered with a 401 and not forwarded. If
the endpoint does not answer, the answer is 502.

Examples:
  $ showpad-webhooks listen --key @crm.key
  $ showpad-webhooks listen --key @crm.key --forward-to http://127.0.0.1:3000/webhooks/showpad --record recordings`,
    )
    .action((flags: ListenFlags) => listen(flags, context));
}

async function listen(flags: ListenFlags, context: Context): Promise<void> {
  const { io, output } = context;
  const keys = await readKeys(flags.key, io);
  const target = flags.forwardTo === undefined ? undefined : readUrl(flags.forwardTo, '--forward-to');
  const record = flags.record === undefined ? undefined : await createRecorder(flags.record);
  const receiver = await checked(() =>
    createReceiver({
      keys,
      methods: ['POST', 'GET'],
      ledger: false, // A retry is forwarded like any other delivery.
      maxBodyBytes: MAX_BODY_BYTES,
      explainMismatches: true,
    }),
  );
  // Each delivery is reported below, so the default warnings would only repeat it.
  receiver.onError(() => {}).onRejected(() => {});
  const handling = { receiver, target, record, context };
  const handler = createRouteHandler({
    ...receiver,
    receive: (request: WebhookRequest) => handle(request, handling),
  });
  const server = createServer(handler);
  await listenOn(server, flags.port, flags.host);
  const { port } = server.address() as AddressInfo;
  const url = `http://${flags.host}:${port}`;
  output.result({ url }, `Listening on ${url}`);
  output.note('Press Ctrl-C to stop.');
  await stopped(io.signal);
  // No connection is kept alive, so this waits only for the requests that are not answered yet.
  await new Promise((resolve) => server.close(resolve));
}

interface Handling {
  readonly receiver: Receiver;
  readonly target: URL | undefined;
  readonly record: ((recording: Recording) => Promise<string>) | undefined;
  readonly context: Context;
}

/** Receives a delivery, forwards it, records it and reports it. The receipt has the response to write. */
async function handle(request: WebhookRequest, handling: Handling): Promise<Receipt> {
  const { receiver, target, record, context } = handling;
  const { output, io } = context;
  const receivedAt = new Date().toISOString();
  const startedAt = performance.now();
  const { method } = request;
  let body: Buffer | undefined;
  const receipt = await receiver.receive({
    ...request,
    body: async (limitBytes) => (body = await readBytes(request, limitBytes)),
  });
  const headers = endToEnd(request.headers as IncomingHttpHeaders);
  const delivery = { method, headers, body: body ?? Buffer.alloc(0) };

  let { response } = receipt;
  let problem: string | undefined;
  if (target && receipt.event) {
    const result = await send({ url: target, ...delivery, signal: io.signal });
    response = responseOf(result);
    problem = isAnswer(result) ? undefined : result.message;
  }
  const { status } = response;
  const file =
    body &&
    (await record?.({ receivedAt, ...delivery, status }).catch((error: Error) => {
      output.error('The delivery could not be recorded.', error.message);
      return undefined;
    }));
  const durationMs = Math.round(performance.now() - startedAt);
  report(receipt, { receivedAt, method, status, durationMs, problem, file }, output);
  return { ...receipt, response: { ...response, headers: { ...response.headers, connection: 'close' } } };
}

async function readBytes({ body }: WebhookRequest, limitBytes: number): Promise<Buffer> {
  return Buffer.from(typeof body === 'function' ? await body(limitBytes) : body);
}

/** An endpoint that gives no answer becomes a 502, so that the sender tries again. */
function responseOf(result: Answer | NoAnswer): WebhookResponse {
  if (!isAnswer(result)) return { status: 502, headers: {}, body: '' };
  const headers = Object.entries(result.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
  return { status: result.status, headers: Object.fromEntries(headers), body: result.body.toString() };
}

interface Handled {
  readonly receivedAt: string;
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
  /** Why there was no answer to pass on. */
  readonly problem: string | undefined;
  /** The recording. */
  readonly file: string | undefined;
}

function report({ event, error }: Receipt, handled: Handled, output: Output): void {
  const { receivedAt, status, durationMs, problem } = handled;
  const value = {
    ...handled,
    ...(event && { type: event.type, eventId: event.id }),
    ...(error && { code: error.code, message: error.message }),
  };
  output.result(value, [
    paint('dim', receivedAt),
    paint(isDelivered(status) ? 'green' : 'red', `${status}`),
    ...(event ? [event.type, event.id] : [`${error?.code}: ${error?.message}`]),
    problem ?? '',
    paint('dim', `${durationMs} ms`),
  ]);
  if (error) output.note(error.hint);
}
