import { createHmac, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { WebhookVerificationService } from '@hookflo/tern';
import { verify } from '@octokit/webhooks-methods';
import {
  parseEvent,
  SIGNATURE_HEADER,
  sign,
  TIMESTAMP_HEADER,
  verifySignature,
} from '@showpad-webhooks/core';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import { verifyByHand } from './hand-written.ts';
import type { Case } from './measure.ts';
import { CORE, HAND_WRITTEN, LIMIT } from './names.ts';

/** Verifies and parses a body. Libraries other than core use the signatures of their own senders, not Showpad's. */
export interface Peer {
  readonly name: string;
  /** False if it accepts a body that was changed after it was signed. Only the limit does. */
  readonly verifies: boolean;
  /** Signs `body`. The case that it returns verifies and parses `received`, and throws or rejects if the two differ. */
  readonly prepare: (body: Buffer, received?: Buffer) => Omit<Case, 'name'>;
}

export const KEY = 'a-signature-key-of-thirty-six-letters';
const BASE64_KEY = `whsec_${randomBytes(24).toString('base64')}`;

const limit: Peer = {
  name: LIMIT,
  verifies: false,
  prepare(body, received = body) {
    return { run: () => hashAndParse(received) };
  },
};

const SECRET = createSecretKey(KEY, 'utf8');

/** Does what every receiver must do, and checks nothing. */
export function hashAndParse(body: Buffer): unknown {
  createHmac('sha256', SECRET).update(body).update('.1669302166').digest('base64');
  return JSON.parse(body.toString());
}

const ours: Peer = {
  name: CORE,
  verifies: true,
  prepare(body, received = body) {
    const headers = showpadHeaders(body);
    return {
      run() {
        verifySignature({ body: received, headers, keys: KEY });
        return parseEvent(received);
      },
    };
  },
};

const byHand: Peer = {
  name: HAND_WRITTEN,
  verifies: true,
  prepare(body, received = body) {
    const headers = showpadHeaders(body);
    return { run: () => verifyByHand(received, headers, KEY) };
  },
};

const standardWebhooks: Peer = {
  name: 'standardwebhooks',
  verifies: true,
  prepare(body, received = body) {
    const webhook = new StandardWebhook(BASE64_KEY);
    const headers = standardHeaders(webhook, body, 'webhook');
    return { run: () => webhook.verify(received.toString(), headers) };
  },
};

const svix: Peer = {
  name: 'svix',
  verifies: true,
  prepare(body, received = body) {
    const webhook = new SvixWebhook(BASE64_KEY);
    const headers = standardHeaders(webhook, body, 'svix');
    return {
      run() {
        const text = received.toString();
        webhook.verify(text, headers); // It returns nothing.
        return JSON.parse(text);
      },
    };
  },
};

const stripe: Peer = {
  name: 'stripe',
  verifies: true,
  prepare(body, received = body) {
    const { webhooks } = new Stripe('sk_test_unused');
    const header = webhooks.generateTestHeaderString({ payload: body.toString(), secret: KEY });
    return { run: () => webhooks.constructEvent(received, header, KEY) };
  },
};

const octokit: Peer = {
  name: '@octokit/webhooks-methods',
  verifies: true,
  prepare(body, received = body) {
    const signature = githubSignature(body);
    return {
      async run() {
        const text = received.toString();
        if (!(await verify(KEY, text, signature))) throw new Error('The signature is wrong.');
        return JSON.parse(text);
      },
    };
  },
};

const tern: Peer = {
  name: '@hookflo/tern',
  verifies: true,
  prepare(body, received = body) {
    const headers = { 'x-hub-signature-256': githubSignature(body) };
    const config = { platform: 'github', secret: KEY } as const;
    return {
      // It needs a fetch Request. A framework would have created it already, so that does not count.
      inputs: (count) =>
        Array.from(
          { length: count },
          () => new Request('http://localhost/', { method: 'POST', headers, body: received }),
        ),
      async run(request) {
        const result = await WebhookVerificationService.verify(request as Request, config);
        if (!result.isValid) throw new Error(result.error);
        return result.payload;
      },
    };
  },
};

/** The limit comes first, because the others are compared to it. */
export const PEERS: readonly Peer[] = [limit, ours, byHand, standardWebhooks, svix, stripe, octokit, tern];

export function showpadHeaders(body: Buffer): Record<string, string> {
  const timestamp = nowSeconds();
  return {
    [TIMESTAMP_HEADER]: String(timestamp),
    [SIGNATURE_HEADER]: sign(body, KEY, timestamp),
  };
}

export function githubSignature(body: Buffer): string {
  return `sha256=${createHmac('sha256', KEY).update(body).digest('hex')}`;
}

function standardHeaders(
  webhook: Pick<StandardWebhook, 'sign'>,
  body: Buffer,
  prefix: 'webhook' | 'svix',
): Record<string, string> {
  const id = randomUUID();
  const now = new Date();
  return {
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: String(Math.floor(now.getTime() / 1000)),
    [`${prefix}-signature`]: webhook.sign(id, now, body.toString()),
  };
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
