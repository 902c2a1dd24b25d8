import { createServer, type RequestListener } from 'node:http';
import { createNodeMiddleware, Webhooks } from '@octokit/webhooks';
import { SIGNATURE_HEADER, TIMESTAMP_HEADER } from '@showpad-webhooks/core';
import { createNodeHandler } from '@showpad-webhooks/core/node';
import express from 'express';
import Stripe from 'stripe';

export const CANDIDATES = [
  'showpad-webhooks',
  '@octokit/webhooks',
  'Stripe’s example',
  'express.json',
  'Node alone',
] as const;
export type Candidate = (typeof CANDIDATES)[number];

export const PATH = '/webhook';
/** All of them accept events of 10 MiB. @octokit/webhooks has no limit. */
export const LIMIT_BYTES: number = 10 * 2 ** 20;

const KEY = 'a-key-of-the-cost-command';
const ignore = () => {};
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

const LISTENERS: Readonly<Record<Candidate, (keyCount: number) => RequestListener>> = {
  'showpad-webhooks': (keyCount) => {
    const keys = Array.from({ length: keyCount }, (_, index) => `${KEY}-${index}`);
    return createNodeHandler({ path: PATH, keys, ledger: false, maxBodyBytes: LIMIT_BYTES });
  },
  '@octokit/webhooks': () => {
    const webhooks = new Webhooks({ secret: KEY, log: SILENT });
    webhooks.on('push', ignore);
    webhooks.onError(ignore);
    return createNodeMiddleware(webhooks, { path: PATH, log: SILENT });
  },
  // https://github.com/stripe/stripe-node, examples/webhook-signing/express, with a limit that lets large events in.
  'Stripe’s example': () => {
    const { webhooks } = new Stripe('sk_test_cost');
    const app = express().set('env', 'test');
    app.post(PATH, express.raw({ type: 'application/json', limit: LIMIT_BYTES }), (req, res) => {
      try {
        webhooks.constructEvent(req.body as Buffer, req.headers['stripe-signature'] ?? '', KEY);
      } catch {
        res.status(400).send('Webhook Error');
        return;
      }
      res.json({ received: true });
    });
    return app;
  },
  // It verifies nothing: it is what an app pays that parses first.
  'express.json': () => {
    const app = express().set('env', 'test');
    app.use(express.json({ limit: LIMIT_BYTES }));
    return app.post(PATH, (_req, res) => void res.status(401).end());
  },
  'Node alone': () => (req, res) => {
    req.resume().on('end', () => res.writeHead(401).end());
  },
};

export function createCandidate(name: Candidate, keyCount: number): ReturnType<typeof createServer> {
  return createServer(LISTENERS[name](keyCount));
}

interface Signed {
  /** The header that carries the signature, if there is one. */
  readonly signatureHeader?: string;
  /** The headers of a delivery that is well formed, recent and forged. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a forger sends to each of them. Nothing is refused before its signature is compared. */
export function forgeryFor(name: Candidate): Signed {
  const now = String(Math.floor(Date.now() / 1_000));
  const json = { 'content-type': 'application/json' };
  switch (name) {
    case 'showpad-webhooks':
      return {
        signatureHeader: SIGNATURE_HEADER,
        headers: { ...json, [SIGNATURE_HEADER]: `${'A'.repeat(43)}=`, [TIMESTAMP_HEADER]: now },
      };
    case '@octokit/webhooks': {
      const ids = { 'x-github-event': 'push', 'x-github-delivery': '1' };
      const signatureHeader = 'x-hub-signature-256';
      return { signatureHeader, headers: { ...json, ...ids, [signatureHeader]: `sha256=${'a'.repeat(64)}` } };
    }
    case 'Stripe’s example': {
      const signatureHeader = 'stripe-signature';
      return { signatureHeader, headers: { ...json, [signatureHeader]: `t=${now},v1=${'a'.repeat(64)}` } };
    }
    default:
      return { headers: json };
  }
}
