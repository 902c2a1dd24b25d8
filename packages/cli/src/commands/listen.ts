import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createReceiver, type Receipt, type Receiver } from '@showpad-webhooks/core';
import { readBody, toHeaders, writeResponse } from '@showpad-webhooks/core/node';
import type { Command } from 'commander';
import { checked } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { flag, keyFlag, numberFlag } from '../flags.ts';
import { listenOn } from '../listen-on.ts';
import { printable } from '../output.ts';
import { readKeys } from '../read-keys.ts';
import { readUrl } from '../read-url.ts';
import { createRecorder, type Recording } from '../recording.ts';
import { endToEnd, send } from '../send.ts';
import { stopped } from '../stopped.ts';

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
    .summary('receive deliveries, print them and pass them on')
    .description(
      'Receives deliveries, verifies them and prints a line for each. It goes on until it is stopped.',
    )
    .addOption(keyFlag())
    .addOption(numberFlag('--port <n>', '0 is any free port', 0, 65_535).default(4040))
    .addOption(flag('--host <address>', 'the interface to listen on').default('127.0.0.1'))
    .addOption(flag('--forward-to <url>', 'pass on what is authentic, and answer what this endpoint answers'))
    .addOption(flag('--record <folder>', 'keep each delivery in a file, with its payload, for replay'))
    .addHelpText(
      'after',
      `
What is not authentic is answered 401 and not passed on. Where the endpoint does not answer, the answer is 502.

Examples:
  $ showpad-webhooks listen --key @crm.key
  $ showpad-webhooks listen --key @crm.key --forward-to http://127.0.0.1:3000/webhooks/showpad --record recordings`,
    )
    .action((flags: ListenFlags) => listen(flags, context));
}

interface Handling {
  readonly receiver: Receiver;
  readonly target: URL | undefined;
  readonly record: ((recording: Recording) => Promise<string>) | undefined;
  readonly context: Context;
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
      ledger: false, // Nothing is remembered: a retry is passed on like any other delivery.
      maxBodyBytes: MAX_BODY_BYTES,
      explainMismatches: true,
    }),
  );
  // What they would be told is told of each delivery below.
  receiver.onError(() => {}).onRejected(() => {});
  const handling = { receiver, target, record, context };
  const server = createServer((req, res) => {
    handle(req, res, handling).catch((error: Error) => {
      output.error(error.message, undefined); // such as a full disk under --record
      if (!res.writableEnded) res.destroy();
    });
  });
  await listenOn(server, flags.port, flags.host);
  const { port } = server.address() as AddressInfo;
  output.result(`Listening on http://${flags.host}:${port}`, { url: `http://${flags.host}:${port}` });
  output.note('Stop it with Ctrl-C.');
  await stopped(io.signal);
  // No answer keeps its connection, so this waits for those that are under way and no longer.
  await new Promise((resolve) => server.close(resolve));
}

async function handle(req: IncomingMessage, res: ServerResponse, handling: Handling): Promise<void> {
  const { receiver, target, record, context } = handling;
  const receivedAt = new Date().toISOString();
  const startedAt = performance.now();
  const { method = '', url = '/' } = req;
  const headers = toHeaders(req);
  let body: Buffer | undefined;
  const read = async (limitBytes: number) => (body = Buffer.from(await readBody(req, limitBytes)));
  const receipt = await receiver.receive({ method, headers, url, body: read });
  const delivery = { method, headers: endToEnd(headers), body: body ?? Buffer.alloc(0) };

  res.shouldKeepAlive = false;
  let status = receipt.response.status;
  let problem: string | undefined;
  if (target && receipt.event) {
    const answer = await send({ url: target, ...delivery, signal: context.io.signal }).catch(
      (error: Error) => {
        problem = error.message;
        return { status: 502, headers: {}, body: '' };
      },
    );
    status = answer.status;
    res.writeHead(status, answer.headers as Record<string, string | string[]>).end(answer.body);
  } else {
    writeResponse(res, receipt.response);
  }
  const file = body && (await record?.({ receivedAt, ...delivery, status }));
  const durationMs = Math.round(performance.now() - startedAt);
  tell(receipt, { receivedAt, method, status, durationMs, problem, file }, context);
}

interface Told {
  readonly receivedAt: string;
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
  /** Why there was no answer to pass on. */
  readonly problem: string | undefined;
  /** Where it was recorded. */
  readonly file: string | undefined;
}

function tell(receipt: Receipt, told: Told, { output }: Context): void {
  const { event, error } = receipt;
  const { receivedAt, status, durationMs, problem } = told;
  const parts = [
    output.paint('dim', receivedAt),
    output.paint(status < 300 ? 'green' : 'red', `${status}`),
    whatCame(receipt),
    ...(problem ? [printable(problem)] : []),
    output.paint('dim', `${durationMs} ms`),
  ];
  output.result(parts.join('  '), {
    ...told,
    ...(event && { type: event.type, eventId: event.id }),
    ...(error && { code: error.code, message: error.message }),
  });
  if (error) output.note(error.hint);
}

function whatCame({ event, error }: Receipt): string {
  if (event) return `${printable(event.type)}  ${printable(event.id)}`;
  return `${error?.code}: ${error?.message}`;
}
