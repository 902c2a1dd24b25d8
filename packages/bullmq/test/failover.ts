import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type BullmqInbox,
  createBullmqInbox,
  createRedisLedger,
  type RedisLedger,
  type WaitReplicas,
} from '@showpad-webhooks/bullmq';
import { createReceiver, type Receiver, type ReceiverHealth } from '@showpad-webhooks/core';
import { type SignedDelivery, signedDelivery } from '@showpad-webhooks/core/testing';
import { showpadWebhooks } from '@showpad-webhooks/express';
import { redisCommand } from '@showpad-webhooks/servers';
import express from 'express';
import { type Client, type Group, PREFIX, promotedOf } from './groups.ts';
import { KEY, TYPE } from './support.ts';

/** How the master goes: its process ends, or it answers no more while its connections stay open. */
type End = 'killed' | 'hanging';

export interface FailoverOptions {
  readonly store: 'inbox' | 'ledger';
  readonly end: End;
  /** Whether the master loses its replicas a moment before, as when a network fails piece by piece. */
  readonly isCutOff: boolean;
  readonly waitReplicas?: WaitReplicas | undefined;
  readonly leaseMs?: number;
}

export interface FailoverReport {
  /** What was answered with 2xx, and what of it no handler has seen. */
  readonly acknowledged: readonly string[];
  readonly lost: readonly string[];
  /** What was acknowledged after the replicas were cut off, and before one took over. */
  readonly atRisk: readonly string[];
  /** Events whose handler began again after it had ended, and while it was still running. */
  readonly again: readonly string[];
  readonly atOnce: readonly string[];
  /** How many deliveries had each answer. */
  readonly answers: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** From the end of the master until a delivery was acknowledged again by each app. */
  readonly outageMs: number;
  /** What `health()` says. */
  readonly health: Readonly<Record<'before' | 'during' | 'after', ReceiverHealth>>;
  readonly errors: readonly string[];
}

const SENDERS = 8;
const PAUSE_MS = 20;
const CONCURRENCY = 4;
const WORK_MS = 100;
const LEASE_MS = 3_000;
const LOAD_MS = 500;
/** How many deliveries are answered while the master has no replica. Handlers can begin with some of them. */
const ANSWERS_AT_RISK = 30;
const PATIENCE_MS = 60_000;
const PATH = '/webhooks/showpad';

/** What the handlers of all apps do, and did. */
function createRuns() {
  const running = new Set<string>();
  const ended = new Set<string>();
  const again: string[] = [];
  const atOnce: string[] = [];
  let turn = Promise.resolve();
  async function handle({ id }: { readonly id: string }): Promise<void> {
    if (running.has(id)) atOnce.push(id);
    else if (ended.has(id)) again.push(id);
    running.add(id);
    await turn;
    await delay(Math.random() * WORK_MS);
    running.delete(id);
    ended.add(id);
  }
  /** Lets no handler end until it is released. */
  function hold(): () => void {
    let release = () => {};
    turn = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }
  return { ended, again, atOnce, handle, hold };
}

interface App {
  readonly url: string;
  health(): Promise<ReceiverHealth>;
  /** How many events are stored and not handled. */
  left(): Promise<number>;
  close(): Promise<void>;
}

async function startApp(
  { connection, disconnect }: Client,
  { store, waitReplicas, leaseMs = LEASE_MS }: FailoverOptions,
  handle: (event: { readonly id: string }) => Promise<void>,
  onError: (error: Error) => void,
): Promise<App> {
  const on = { [TYPE]: handle };
  let receiver: Receiver;
  let inbox: BullmqInbox | undefined;
  let ledger: RedisLedger | undefined;
  if (store === 'inbox') {
    inbox = createBullmqInbox({
      connection,
      prefix: PREFIX,
      waitReplicas,
      leaseMs,
      concurrency: CONCURRENCY,
      backoff: () => 100,
    });
    receiver = createReceiver({ keys: KEY, inbox, on });
  } else {
    ledger = createRedisLedger({ connection, prefix: PREFIX });
    receiver = createReceiver({ keys: KEY, ledger, on });
  }
  receiver.onError((error) => onError(error));
  // On a busy machine it may not be there in time, and start() may be called again.
  await until(() =>
    receiver.start().then(
      () => true,
      () => false,
    ),
  );
  const server = createServer(express().use(showpadWebhooks({ path: PATH, receiver })));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`,
    health: () => receiver.health(),
    async left() {
      const { pending, leased } = (await inbox?.counts()) ?? { pending: 0, leased: 0 };
      return pending + leased;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await receiver.close({ timeoutMs: 2_000 });
      await ledger?.close();
      disconnect();
    },
  };
}

/** Sends deliveries without a pause, to one app after the other. What is refused is sent again, as Showpad does. */
function startSenders(apps: readonly App[]) {
  const acknowledged = new Map<string, number>();
  const lastAt = apps.map(() => 0);
  const answers: Record<string, number> = {};
  let slowestMs = 0;
  let isSending = true;

  async function send(id: string, { method, headers, body }: SignedDelivery, app: number): Promise<boolean> {
    const startedMs = performance.now();
    const response = await fetch((apps[app] as App).url, { method, headers, body: new Uint8Array(body) });
    const { code, outcome } = (await response.json()) as { code?: string; outcome: string };
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    const answer = `${response.status} ${code ?? outcome}`;
    answers[answer] = (answers[answer] ?? 0) + 1;
    if (!response.ok) return false;
    lastAt[app] = performance.now();
    acknowledged.set(id, performance.now());
    return true;
  }

  async function run(sender: number): Promise<void> {
    for (let count = sender; isSending; count++) {
      const id = randomUUID();
      const delivery = signedDelivery(TYPE, { key: KEY, id });
      for (let attempt = 0; attempt < 4 && isSending; attempt++) {
        if (await send(id, delivery, (count + attempt) % apps.length)) break;
        await delay(2 * PAUSE_MS);
      }
      await delay(PAUSE_MS);
    }
  }
  const running = Promise.all(Array.from({ length: SENDERS }, (_, sender) => run(sender)));
  return {
    acknowledged,
    answers,
    count: () => Object.values(answers).reduce((sum, count) => sum + count, 0),
    slowestMs: () => slowestMs,
    /** When the app that was behind had acknowledged an event for the last time. */
    lastAt: () => Math.min(...lastAt),
    async stop() {
      isSending = false;
      await running;
    },
  };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  while (!(await condition())) await delay(20, undefined, { signal });
}

/** The replicas cannot connect with a password that the master does not have. */
async function cutOff({ master, replicas }: Group): Promise<void> {
  for (const { port } of replicas) await redisCommand(port, 'CONFIG SET masterauth nobody');
  await redisCommand(master.port, 'CLIENT KILL TYPE replica');
}

/** The old master becomes a replica, as it does when its machine is started again. */
async function bringBack({ master, replicas }: Group, { end }: FailoverOptions): Promise<void> {
  for (const { port } of replicas) await redisCommand(port, 'CONFIG SET masterauth ""');
  if (end === 'killed') await master.start();
  else master.resume();
}

/** Lets a replica take over while two apps store and handle events. */
export async function failOver(group: Group, options: FailoverOptions): Promise<FailoverReport> {
  const runs = createRuns();
  const errors = new Set<string>();
  const note = (error: Error) => errors.add(`${error.message} ${(error.cause as Error)?.message}`);
  const apps = [
    await startApp(await group.connect(), options, runs.handle, note),
    await startApp(await group.connect(), options, runs.handle, note),
  ];
  const [app] = apps as [App];
  const before = await app.health();
  const senders = startSenders(apps);
  await delay(LOAD_MS);
  let cutOffAt = Number.POSITIVE_INFINITY;
  let release = () => {};
  if (options.isCutOff) {
    // With a ledger, a delivery is answered only after its handler.
    if (options.store === 'inbox') release = runs.hold();
    cutOffAt = performance.now();
    await cutOff(group);
    const enough = senders.count() + ANSWERS_AT_RISK;
    await until(() => senders.count() >= enough);
  }
  if (options.end === 'killed') await group.master.kill();
  else group.master.pause();
  const endedAt = performance.now();
  release();
  const during = await app.health();
  await until(async () => (await promotedOf(group)) !== undefined);
  const promotedAt = performance.now();
  if (options.end === 'killed') await bringBack(group, options);
  await until(() => senders.lastAt() > promotedAt);
  const outageMs = senders.lastAt() - endedAt;
  // Until a master that hung knows that it was replaced, it acknowledges and hands out events. So first the apps leave it.
  if (options.end === 'hanging') await bringBack(group, options);
  await delay(LOAD_MS);
  let after = await app.health();
  await until(async () => {
    after = await app.health();
    return after.isReady;
  });
  await senders.stop();
  await until(async () => (await app.left()) === 0);
  await Promise.all(apps.map((each) => each.close()));
  const acknowledged = [...senders.acknowledged.keys()];
  const isAtRisk = ([, at]: [string, number]) => at > cutOffAt && at < promotedAt;
  return {
    acknowledged,
    lost: acknowledged.filter((id) => !runs.ended.has(id)),
    atRisk: [...senders.acknowledged].filter(isAtRisk).map(([id]) => id),
    again: runs.again,
    atOnce: runs.atOnce,
    answers: senders.answers,
    slowestMs: senders.slowestMs(),
    outageMs,
    health: { before, during, after },
    errors: [...errors],
  };
}
