/** An app before it knows the event, and what its developer writes to handle it. */
export interface AppSource {
  readonly framework: string;
  readonly packageName: string;
  readonly isModule: boolean;
  /** The file with places for the lines below. */
  readonly source: string;
  /** The line that handles the event. Its types come without any other line. */
  readonly handler: string;
  /** What also validates the event. */
  readonly validation: readonly string[];
}

const HANDLER =
  "'content-shared': ({ data }) => console.log('handled', data.initiator.email, data.items[0]?.pages[0]?.seconds),";
const IMPORT = "import { schemas } from './showpad-events.js';";
const LISTENING = "console.log('listening', (server.address() as AddressInfo).port)";

export const APPS: readonly AppSource[] = [
  {
    framework: 'Express',
    packageName: '@showpad-webhooks/express',
    isModule: true,
    source: `import type { AddressInfo } from 'node:net';
import { showpadWebhooks } from '@showpad-webhooks/express';
import express from 'express';
/* import */

const app = express();
app.use(
  showpadWebhooks({
    path: '/webhooks/showpad',
    keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
    /* schemas */
    on: {
      /* handler */
    },
  }),
);
const server = app.listen(0, '127.0.0.1', () => ${LISTENING});
`,
    handler: HANDLER,
    validation: [IMPORT, 'schemas,'],
  },
  {
    framework: 'Koa',
    packageName: '@showpad-webhooks/koa',
    isModule: false,
    source: `import type { AddressInfo } from 'node:net';
import { showpadWebhooks } from '@showpad-webhooks/koa';
import Koa from 'koa';
/* import */

const app = new Koa();
app.use(
  showpadWebhooks({
    path: '/webhooks/showpad',
    keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
    /* schemas */
    on: {
      /* handler */
    },
  }),
);
const server = app.listen(0, '127.0.0.1', () => ${LISTENING});
`,
    handler: HANDLER,
    validation: [IMPORT, 'schemas,'],
  },
  {
    framework: 'Fastify',
    packageName: '@showpad-webhooks/fastify',
    isModule: true,
    source: `import { showpadWebhooks } from '@showpad-webhooks/fastify';
import Fastify from 'fastify';
/* import */

const app = Fastify();
await app.register(showpadWebhooks, {
  path: '/webhooks/showpad',
  keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
  /* schemas */
  on: {
    /* handler */
  },
});
console.log('listening', new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);
`,
    handler: HANDLER,
    validation: [IMPORT, 'schemas,'],
  },
  {
    framework: 'fetch',
    packageName: '@showpad-webhooks/fetch',
    isModule: true,
    source: `import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFetchHandler } from '@showpad-webhooks/fetch';
/* import */

export const POST = createFetchHandler({
  keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
  /* schemas */
  on: {
    /* handler */
  },
});

// What a framework does.
const server = createServer(async (req, res) => {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk);
  const headers = req.headers as Record<string, string>;
  const body = new Uint8Array(Buffer.concat(chunks));
  const response = await POST(new Request(\`http://localhost\${req.url}\`, { method: 'POST', headers, body }));
  res.writeHead(response.status).end(await response.text());
}).listen(0, '127.0.0.1', () => ${LISTENING});
`,
    handler: HANDLER,
    validation: [IMPORT, 'schemas,'],
  },
  {
    framework: 'Nest, with the settings of its starter',
    packageName: '@showpad-webhooks/nestjs',
    isModule: false,
    source: `import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type EventOf, OnShowpadEvent, type ShowpadEventMap, ShowpadWebhooksModule } from '@showpad-webhooks/nestjs';
/* import */

@Injectable()
class Handlers {
  /* handler */
}

@Module({
  imports: [
    ShowpadWebhooksModule.forRoot({
      path: '/webhooks/showpad',
      keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
      /* schemas */
    }),
  ],
  providers: [Handlers],
})
class AppModule {}

async function start() {
  const app = await NestFactory.create(AppModule);
  await app.listen(0, '127.0.0.1');
  console.log('listening', new URL(await app.getUrl()).port);
}
void start();
`,
    handler:
      "@OnShowpadEvent('content-shared') share({ data }: EventOf<ShowpadEventMap, 'content-shared'>) { console.log('handled', data.initiator.email, data.items[0]?.pages[0]?.seconds); }",
    validation: [IMPORT, 'schemas,'],
  },
];

/** The app with the lines that its developer adds. */
export function sourceOf({ source, handler, validation: [load = '', use = ''] }: AppSource): string {
  return source
    .replace('/* import */', () => load)
    .replace('/* schemas */', () => use)
    .replace('/* handler */', () => handler);
}
