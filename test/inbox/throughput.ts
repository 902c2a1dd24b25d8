// pnpm --dir test/inbox throughput [engine]: measures puts, handling and Express. Compare the ratios, which depend less on the machine.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Inbox } from '@showpad-webhooks/core';
import type { InboxEntry } from '@showpad-webhooks/core/inbox';
import { showpadWebhooks } from '@showpad-webhooks/express';
import express from 'express';
import Database from 'libsql';
import { createTarget, ENGINES, type Engine, openInbox, type Target } from './engines.ts';

const BODY = Buffer.from(JSON.stringify({ type: 'load', id: 'load', data: 'x'.repeat(600) }));
const ROUND_MS = 1_500;
const ROUNDS = 3;
let rows = 0;

function entry(): InboxEntry {
  rows++;
  return {
    id: randomUUID(),
    type: 'load',
    body: BODY,
    bodyDigest: 1,
    method: 'POST',
    url: '/webhooks/showpad',
    headers: { 'content-type': 'application/json' },
    timestampSeconds: 1,
    keyLabel: undefined,
    receivedAtMs: Date.now(),
    error: undefined,
  };
}

interface Rate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function rateOf(concurrency: number, call: () => unknown): Promise<Rate> {
  const latencies: number[] = [];
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() - startedMs < ROUND_MS) {
        const beganMs = performance.now();
        await call();
        latencies.push(performance.now() - beganMs);
        // The next call comes in another turn of the event loop, as requests do.
        await new Promise(setImmediate);
      }
    }),
  );
  const perSecond = latencies.length / ((performance.now() - startedMs) / 1_000);
  latencies.sort((one, other) => one - other);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { perSecond, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function show(what: string, { perSecond, p50Ms, p99Ms }: Rate, more = ''): void {
  const rate = Math.round(perSecond).toLocaleString('en');
  console.log(
    `${what.padEnd(52)} ${rate.padStart(8)}/s  p50 ${p50Ms.toFixed(2)} ms  p99 ${p99Ms.toFixed(2)} ms  ${more}`,
  );
}

function median(rates: readonly Rate[]): Rate {
  return rates.toSorted((one, other) => one.perSecond - other.perSecond)[
    Math.floor(rates.length / 2)
  ] as Rate;
}

/** One transaction and one fsync for each put, as one would write it first. */
async function plainPuts(concurrency: number): Promise<Rate> {
  const { target, remove } = await createTarget('sqlite');
  const database = new Database(target.address);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE inbox (id TEXT PRIMARY KEY, meta TEXT, body BLOB)');
  const insert = database.prepare('INSERT INTO inbox VALUES (?, ?, ?)');
  const rate = await rateOf(concurrency, () => {
    const { id, headers, body } = entry();
    insert.run(id, JSON.stringify(headers), Buffer.from(body));
  });
  database.close();
  await remove();
  return rate;
}

async function puts(target: Target): Promise<void> {
  const inbox = openInbox(target);
  await inbox.put(entry());
  for (const concurrency of [1, 8, 32]) {
    const rates: Rate[] = [];
    const plain: Rate[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rates.push(await rateOf(concurrency, () => inbox.put(entry())));
      if (target.engine === 'sqlite') plain.push(await plainPuts(concurrency));
    }
    const rate = median(rates);
    const ratio =
      plain.length > 0
        ? `${(rate.perSecond / median(plain).perSecond).toFixed(1)} × a transaction per put`
        : '';
    show(`${target.engine}: put, ${concurrency} at once`, rate, ratio);
  }
  await inbox.close({ timeoutMs: 0 });
}

async function handling(target: Target): Promise<void> {
  const inbox = openInbox(target);
  const { pending } = await inbox.counts();
  const startedMs = performance.now();
  await new Promise<void>((resolve) => {
    let handled = 0;
    const most = Math.min(pending, 20_000);
    const process = async () => {
      if (++handled === most) resolve();
      return undefined;
    };
    void inbox.start({ process, onDead() {}, onError: console.error });
  });
  const perSecond = Math.min(pending, 20_000) / ((performance.now() - startedMs) / 1_000);
  console.log(
    `${`${target.engine}: handled, by a handler that does nothing`.padEnd(52)} ${Math.round(perSecond).toLocaleString('en').padStart(8)}/s`,
  );
  await inbox.close({ timeoutMs: 1_000 });
}

async function overExpress(inbox: Inbox | undefined): Promise<Rate> {
  const options = { keys: 'load-key', on: { 'shared-space-user-added': () => {} } };
  const path = '/webhooks/showpad';
  const webhooks = showpadWebhooks(inbox ? { ...options, path, inbox } : { ...options, path });
  await webhooks.receiver.start();
  const server = createServer(express().use(webhooks)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const flags = ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'loader.ts'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...flags, String(port), '32', String(ROUND_MS)],
    { cwd },
  );
  server.close();
  server.closeAllConnections();
  await webhooks.receiver.close();
  return JSON.parse(stdout);
}

async function withAndWithout(engine: Engine): Promise<void> {
  const [withInbox, without]: [Rate[], Rate[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const { target, remove } = await createTarget(engine);
    withInbox.push(await overExpress(openInbox(target)));
    without.push(await overExpress(undefined));
    await remove();
  }
  show('Express, 32 connections, no store', median(without));
  const rate = median(withInbox);
  const share = (rate.perSecond / median(without).perSecond).toFixed(2);
  show(`Express, 32 connections, inbox on ${engine}`, rate, `${share} × without`);
}

/** Measures the calls with more and more rows, which should make no difference. */
async function growth(): Promise<void> {
  const { target, remove } = await createTarget('sqlite');
  const inbox = openInbox(target);
  for (const size of [1_000, 10_000, 100_000, 1_000_000]) {
    while (rows < size)
      await Promise.all(Array.from({ length: Math.min(2_000, size - rows) }, () => inbox.put(entry())));
    const before = rows;
    const loop = monitorEventLoopDelay({ resolution: 1 });
    loop.enable();
    const put = await rateOf(32, () => inbox.put(entry()));
    loop.disable();
    const list = await rateOf(1, () => inbox.list({ state: 'pending', limit: 100 }));
    const claimed = await claimRate(target);
    console.log(
      `sqlite, ${before.toLocaleString('en').padStart(9)} rows: put ${Math.round(put.perSecond)}/s, list p50 ${list.p50Ms.toFixed(2)} ms, ` +
        `handled ${Math.round(claimed)}/s, event loop blocked at most ${(loop.max / 1e6).toFixed(0)} ms (p99 ${(loop.percentile(99) / 1e6).toFixed(1)} ms)`,
    );
  }
  await inbox.close({ timeoutMs: 0 });
  await remove();
}

/** How many entries are handed out in a second. */
async function claimRate(target: Target): Promise<number> {
  const inbox = openInbox(target);
  let handled = 0;
  const process = async () => {
    handled++;
    return undefined;
  };
  const startedMs = performance.now();
  await inbox.start({ process, onDead() {}, onError: console.error });
  while (performance.now() - startedMs < ROUND_MS) await new Promise(setImmediate);
  const perSecond = handled / ((performance.now() - startedMs) / 1_000);
  await inbox.close({ timeoutMs: 1_000 });
  return perSecond;
}

const only = process.argv[2];
for (const engine of ENGINES) {
  if (only !== undefined && only !== engine) continue;
  const { target, remove } = await createTarget(engine);
  await puts(target);
  await handling(target);
  await remove();
  await withAndWithout(engine);
}
rows = 0;
if (only === undefined || only === 'sqlite') await growth();
process.exit();
