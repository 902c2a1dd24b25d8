import { Webhooks } from '@octokit/webhooks';
import { createReceiver, type Ledger } from '@showpad-webhooks/core';
import { eventBody } from './bodies.ts';
import type { Case } from './measure.ts';
import { githubSignature, hashAndParse, KEY, LIMIT, showpadHeaders } from './peers.ts';

export interface Incoming {
  readonly body: Buffer;
  readonly headers: Record<string, string>;
}

export interface PipelineOptions {
  readonly bytes: number;
  readonly handlers?: number;
  readonly ledger?: Ledger | false;
  /** One bit of every body is flipped after it was signed. */
  readonly isForged?: boolean;
}

/** Our whole pipeline. Every delivery has another event, so that none is a cheap duplicate. */
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
  const wanted = isForged ? 'rejected' : handlers === 0 ? 'ignored' : 'handled';
  return {
    name: `receive(), ${isForged ? 'a forgery' : 'accepted'}`,
    inputs: (count) => deliveries(count, bytes, isForged),
    async run({ body, headers }) {
      const { outcome } = await receiver.receive({ method: 'POST', headers, body });
      if (outcome !== wanted) throw new Error(`${outcome}, not ${wanted}`);
    },
  };
}

/** It would print each refused payload. */
export const SILENT: Record<'debug' | 'info' | 'warn' | 'error', () => void> = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};

/** octokit's, with one handler; it remembers no delivery, so it has less to do. */
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
      if (handled - before !== (isForged ? 0 : 1)) throw new Error('octokit did not do as it should');
    },
  };
}

/** The limit, of bodies that differ as theirs do. */
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

/** Still JSON of the same length: only the signature tells. */
export function tampered(body: Buffer): Buffer {
  const copy = Buffer.from(body);
  copy[copy.indexOf('Breakfast')] = 'b'.charCodeAt(0);
  return copy;
}
