import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createNodeMiddleware, Webhooks } from '@octokit/webhooks';
import { showpadWebhooks as forExpress } from '@showpad-webhooks/express';
import { showpadWebhooks as forKoa } from '@showpad-webhooks/koa';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import express from 'express';
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import { verifyByHand } from '../hand-written.ts';
import { openFloor } from '../inboxes/sqlite.ts';
import { WITH_INBOX } from '../names.ts';
import { KEY } from '../peers.ts';
import { SILENT } from '../receivers.ts';
import { PATH } from './load.ts';
import { nestServers } from './nest.ts';

export type Variant =
  | 'hand-written'
  | 'showpad-webhooks'
  | 'no verification'
  | '@octokit/webhooks'
  | 'no inbox'
  | 'SQLite inbox'
  | 'SQLite by hand';

export interface BenchServer {
  readonly port: number;
  /** Resolves when every event is handled that was answered. It is there if that may be after the response. */
  settled?(): Promise<void>;
  close(): Promise<void>;
}

export type ServersOfFramework = Readonly<Partial<Record<Variant, () => Promise<BenchServer>>>>;

const MEBIBYTE = 1_048_576;
const OPTIONS = {
  path: PATH,
  keys: KEY,
  maxBodyBytes: MEBIBYTE, // The hand-written servers have the same limit.
  on: { 'shared-space-user-added': () => {} },
};

/** Each framework serves the same endpoint. The others are compared to the variant that comes first. */
export const SERVERS: Readonly<Record<string, ServersOfFramework>> = {
  Express: {
    'hand-written': () =>
      expressServer((app) =>
        app.post(PATH, express.raw({ type: () => true, limit: MEBIBYTE }), answerByHand),
      ),
    'showpad-webhooks': () => expressServer((app) => app.use(forExpress(OPTIONS))),
    'no verification': () =>
      expressServer((app) =>
        app.post(PATH, express.json(), (_req, res) => void res.json({ outcome: 'handled' })),
      ),
    '@octokit/webhooks': () =>
      expressServer((app) => {
        const webhooks = new Webhooks({ secret: KEY, log: SILENT });
        webhooks.on('push', () => {});
        app.use(createNodeMiddleware(webhooks, { path: PATH, log: SILENT }));
      }),
  },
  Koa: {
    'hand-written': () => koaServer((app) => app.use(answerKoaByHand)),
    'showpad-webhooks': () => koaServer((app) => app.use(forKoa(OPTIONS))),
    'no verification': () =>
      koaServer((app) => {
        app.use(bodyParser());
        app.use((ctx) => {
          ctx.body = { outcome: ctx.request.body ? 'handled' : 'ignored' };
        });
      }),
  },
  'Nest on Express': nestServers('express'),
  'Nest on Fastify': nestServers('fastify'),
  [WITH_INBOX]: {
    'no inbox': () => expressServer((app) => app.use(forExpress(OPTIONS))),
    'SQLite inbox': expressWithInbox,
    'SQLite by hand': expressWithFloor,
  },
};

const answerByHand: express.RequestHandler = (req, res) => {
  try {
    verifyByHand(req.body, req.headers, KEY);
    res.json({ outcome: 'handled' });
  } catch {
    res.status(401).json({ outcome: 'rejected' });
  }
};

async function answerKoaByHand(ctx: Koa.Context): Promise<void> {
  try {
    verifyByHand(await readByHand(ctx.req), ctx.headers, KEY);
    ctx.body = { outcome: 'handled' };
  } catch {
    ctx.status = 401;
    ctx.body = { outcome: 'rejected' };
  }
}

async function readByHand(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req) {
    length += chunk.length;
    if (length > MEBIBYTE) throw new Error('The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function expressServer(setUp: (app: express.Express) => unknown): Promise<BenchServer> {
  const app = express().set('env', 'test'); // In other environments Express prints every error.
  setUp(app);
  return listen(app);
}

/** The process that stores the events also handles them, as most apps do. */
async function expressWithInbox(): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), 'showpad-bench-'));
  const inbox = createSqliteInbox({ file: join(folder, 'inbox.db') });
  const webhooks = forExpress({ ...OPTIONS, inbox });
  await webhooks.receiver.start();
  const server = await expressServer((app) => app.use(webhooks));
  const has = async (state: 'pending' | 'leased') => (await inbox.list({ state, limit: 1 })).items.length > 0;
  return {
    port: server.port,
    async settled() {
      while ((await has('pending')) || (await has('leased'))) await delay(1);
    },
    async close() {
      await server.close();
      await webhooks.receiver.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Verifies by hand too. It is the least that an app does which stores its events durably and handles them later. */
async function expressWithFloor(): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), 'showpad-bench-'));
  const floor = openFloor(join(folder, 'floor.db'));
  let waiting = 0;
  await floor.handle(() => waiting--);
  const store: express.RequestHandler = async (req, res) => {
    try {
      verifyByHand(req.body, req.headers, KEY);
    } catch {
      return void res.status(401).json({ outcome: 'rejected' });
    }
    waiting++;
    await floor.put(randomUUID());
    res.status(202).json({ outcome: 'queued' });
  };
  const server = await expressServer((app) =>
    app.post(PATH, express.raw({ type: () => true, limit: MEBIBYTE }), store),
  );
  return {
    port: server.port,
    async settled() {
      while (waiting > 0) await delay(1);
    },
    async close() {
      await server.close();
      await floor.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function koaServer(setUp: (app: Koa) => unknown): Promise<BenchServer> {
  const app = new Koa();
  setUp(app);
  return listen(app.callback());
}

async function listen(listener: RequestListener): Promise<BenchServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
