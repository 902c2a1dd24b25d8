import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type BodyReader,
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
import { isDelivered, originOf, readOutcome } from '../http/answer.ts';
import { listenOn } from '../http/listen-on.ts';
import { createRecorder, type Recorded, type Recorder } from '../http/recorder.ts';
import { type Answer, endToEnd, isAnswer, type NoAnswer, send } from '../http/send.ts';
import { readLabelledKeys } from '../input/read-keys.ts';
import { readUrl } from '../input/read-url.ts';
import { keyFlag, wholeNumber } from '../terminal/flags.ts';
import { stopped } from '../terminal/stopped.ts';
import { reportDelivery } from './listen-report.ts';

interface ListenFlags {
  readonly port: number;
  readonly host: string;
  readonly key?: readonly string[];
  readonly forwardTo?: string;
  readonly record?: string;
  readonly recordForged: number;
  readonly printBody?: boolean;
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
    .option(
      '--record-forged <n>',
      'How many deliveries that are not authentic the folder may hold, each of at most 1 MiB',
      wholeNumber(0, 1_000_000),
      20,
    )
    .option('--print-body', 'Print the payload of each authentic delivery')
    .addHelpText(
      'after',
      `
It runs until you stop it with Ctrl-C. A delivery that is not authentic is answered with a 401 and not forwarded. If
the endpoint does not answer, the answer is 502. With --record, the name of such a delivery ends in ".forged.json", and
replay does not sign it.

Examples:
  $ showpad-webhooks listen --key @crm.key
  $ showpad-webhooks listen --key @crm.key --forward-to http://127.0.0.1:3000/webhooks/showpad --record recordings`,
    )
    .action((flags: ListenFlags) => listen(flags, context));
}

async function listen(flags: ListenFlags, context: Context): Promise<void> {
  const { io, output } = context;
  const keys = await readLabelledKeys(flags.key, io);
  const target = flags.forwardTo === undefined ? undefined : readUrl(flags.forwardTo, '--forward-to');
  const { record: folder, recordForged: maxForged, printBody: isBodyPrinted = false } = flags;
  const record =
    folder === undefined ? undefined : await createRecorder({ folder, maxForged, flag: '--record' });
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
  receiver
    .onAny(() => {})
    .onError(() => {})
    .onRejected(() => {});
  const handling = { receiver, target, record, isBodyPrinted, context };
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
  readonly record: Recorder | undefined;
  readonly isBodyPrinted: boolean;
  readonly context: Context;
}

/** Receives a delivery, forwards it, records it and reports it. The receipt has the response to write. */
async function handle(request: WebhookRequest, handling: Handling): Promise<Receipt> {
  const { receiver, target, record, isBodyPrinted, context } = handling;
  const { output, io } = context;
  const receivedAt = new Date().toISOString();
  const startedAt = performance.now();
  const { method } = request;
  let body: Buffer | undefined;
  const receipt = await receiver.receive({
    ...request,
    body: async (...limits) => (body = await readBytes(request, ...limits)),
  });
  const headers = endToEnd(request.headers as IncomingHttpHeaders);
  const delivery = { method, headers, body: body ?? Buffer.alloc(0) };

  let { response } = receipt;
  let problem: string | undefined;
  let origin: string | undefined;
  if (target && receipt.event) {
    const result = await send({ url: target, ...delivery, signal: io.signal });
    response = responseOf(result);
    problem = isAnswer(result) ? undefined : result.message;
    origin = isAnswer(result) && !isDelivered(result.status) ? originOf(response, false) : undefined;
  }
  const { status } = response;
  const { outcome, error, keyLabel } = receipt;
  // Every key has a label here, and the receipt has one only if that key made the signature. If only the time is wrong, the
  // code says that the signature is right.
  const isAuthentic = keyLabel !== undefined || error?.code === 'CLOCK_SUSPECT';
  const recording = { receivedAt, ...delivery, isAuthentic, keyLabel, outcome, code: error?.code, status };
  const recorded = body && (await record?.(recording).catch(notRecorded));
  const durationMs = Math.round(performance.now() - startedAt);
  const payload = isBodyPrinted && isAuthentic ? delivery.body.toString() : undefined;
  const handled = {
    receivedAt,
    method,
    status,
    durationMs,
    outcome: readOutcome(response),
    isAuthentic,
    problem,
    origin,
    ...recorded,
    body: payload,
  };
  reportDelivery(receipt, handled, output);
  return { ...receipt, response: { ...response, headers: { ...response.headers, connection: 'close' } } };
}

async function readBytes({ body }: WebhookRequest, ...limits: Parameters<BodyReader>): Promise<Buffer> {
  return Buffer.from(typeof body === 'function' ? await body(...limits) : body);
}

/** An endpoint that gives no answer becomes a 502, so that the sender tries again. */
function responseOf(result: Answer | NoAnswer): WebhookResponse {
  if (!isAnswer(result)) return { status: 502, headers: {}, body: '' };
  const headers = Object.entries(result.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
  return { status: result.status, headers: Object.fromEntries(headers), body: result.body.toString() };
}

function notRecorded(error: Error): Recorded {
  return { notRecorded: error.message };
}
