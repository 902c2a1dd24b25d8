// One process of an Express app, with an inbox or without. start-app.ts starts it and asks it for what it has used.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { showpadWebhooks } from '@showpad-webhooks/express';
import { openInbox, type Target } from '@showpad-webhooks/inbox-tests';
import express from 'express';
import { KEY, PATH, TYPE } from './requests.ts';
import type { Usage } from './start-app.ts';

const target: Target | null = JSON.parse(process.argv[2] ?? 'null');
let handled = 0;
const options = { path: PATH, keys: KEY, on: { [TYPE]: () => void handled++ } };
const webhooks = showpadWebhooks(target ? { ...options, inbox: openInbox(target) } : options);
await webhooks.receiver.start();
const server = createServer(express().use(webhooks)).listen(0, '127.0.0.1');
server.keepAliveTimeout = 0; // Otherwise it closes connections if the machine is too busy to send anything for 5 s.
await once(server, 'listening');
process.send?.((server.address() as AddressInfo).port);

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const usage: Usage = { cpuMs: (user + system) / 1_000, rssBytes: process.memoryUsage.rss(), handled };
  process.send?.(usage);
});
process.once('disconnect', () => process.exit());
