import { Webhooks } from '@octokit/webhooks';
import { createReceiver, type Ledger } from '@showpad-webhooks/core';
import { eventBody } from './bodies.ts';
import type { Case } from './measure.ts';
import { LIMIT } from './names.ts';
import { githubSignature, hashAndParse, KEY, showpadHeaders } from './peers.ts';

export interface Incoming {
  readonly body: Buffer;
  readonly headers: Record<string, string>;
}

export interface PipelineOptions {
  readonly bytes: number;
  readonly handlers?: number;
  readonly ledger?: Ledger | false;
  /** If true, each body is changed after it was signed. */
  readonly isForged?: boolean;
}

/** Each delivery carries a new event, because a duplicate would cost less. */
export function ourPipeline({
  bytes,
  handlers = 1,
  ledger,
  isForged = false,
}: PipelineOptions): Case<Incoming> {
  const receiver = createReceiver({ keys: KEY, ...(ledger !== undefined && { ledger }) });
  for (let index = 0; index < handlers; index++) {
    // Users write async handlers.
    receiver.on('shared-space-user-added', async () => {}, { name: `handler ${index}` });
  }
  const accepted = handlers === 0 ? 'ignored' : 'handled';
  const expected = isForged ? 'rejected' : accepted;
  return {
    name: `receive(), ${isForged ? 'a forgery' : 'accepted'}`,
    inputs: (count) => deliveries(count, bytes, isForged),
    async run({ body, headers }) {
      const { outcome } = await receiver.receive({ method: 'POST', headers, body });
      if (outcome !== expected) throw new Error(`The outcome is "${outcome}" instead of "${expected}".`);
    },
  };
}

/** By default octokit prints every payload that it rejects. */
export const SILENT: Record<'debug' | 'info' | 'warn' | 'error', () => void> = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};

/** octokit with one handler. It does not remember deliveries, so it has less to do. */
export function octokitPipeline(bytes: number, isForged = false): Case<Incoming> {
  const webhooks = new Webhooks({ secret: KEY, log: SILENT });
  let handled = 0;
  webhooks.on('push', () => {
    handled++;
  });
  return {
    name: '@octokit/webhooks verifyAndReceive',
    inputs: (count) =>
      Array.from({ length: count }, () => {
        const body = eventBody(bytes);
        const headers = { 'x-hub-signature-256': githubSignature(body) };
        return { headers, body: isForged ? tampered(body) : body };
      }),
    async run({ headers, body }) {
      const before = handled;
      const signature = headers['x-hub-signature-256'] as string;
      const delivery = { id: '1', name: 'push', payload: body.toString(), signature };
      await webhooks.verifyAndReceive(delivery).catch(() => {});
      if (handled - before !== (isForged ? 0 : 1))
        throw new Error('octokit accepted or rejected the wrong delivery.');
    },
  };
}

/** The limit, with a new body for each call like the pipelines that are compared to it. */
export function limitPipeline(bytes: number): Case<Incoming> {
  return {
    name: LIMIT,
    inputs: (count) => deliveries(count, bytes),
    run: ({ body }) => hashAndParse(body),
  };
}

export function deliveries(count: number, bytes: number, isForged = false): Incoming[] {
  return Array.from({ length: count }, () => {
    const body = eventBody(bytes);
    const headers = showpadHeaders(body);
    return { headers, body: isForged ? tampered(body) : body };
  });
}

/** Returns a body that is JSON of the same length, so that only the signature can show the change. */
export function tampered(body: Buffer): Buffer {
  const copy = Buffer.from(body);
  copy[copy.indexOf('Breakfast')] = 'b'.charCodeAt(0);
  return copy;
}
