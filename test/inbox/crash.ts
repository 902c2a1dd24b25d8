import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import type { Inbox } from '@showpad-webhooks/core';
import type { InboxItem, InboxState } from '@showpad-webhooks/core/inbox';
import { isFull, openInbox, type Target } from './engines.ts';
import { entryOf } from './entry.ts';
import { createRunReader, findOverlaps, machineMs, type Run } from './runs.ts';

const STATES: readonly InboxState[] = ['pending', 'leased', 'done', 'dead'];

/** The handlers of a process that is killed run again after this time. On a busy machine a process may stand still for a second. */
const SHORT_LEASE_MS = 2_000;
/** For processes that are not killed, and must keep what they have however busy the machine is. */
const LONG_LEASE_MS = 30_000;
const FAST_MS = 2;
/** How long a slow handler takes. The clocks step several times in it. */
const SLOW_MS = 200;
/** Fewer than the places of one process. */
const EVENTS_AT_ONCE = 6;
/** The numbers of other events begin after those of all writers. */
const SLOW_NUMBERS = 1_000_000_000;
/** The bodies of these have some thousand bytes. */
const FILLING_NUMBERS = 2_000_003_000;
/** How many events fill a store at once. */
const FILLERS = 16;

export interface CrashReport {
  readonly acknowledged: number;
  readonly stored: number;
  /** The events that were acknowledged and are not in the store. */
  readonly lost: readonly string[];
  /** The events that are stored more than once, or whose bytes are not complete. */
  readonly broken: readonly string[];
}

type Report = (message: string) => void;

/** Kills a process that stores events, again and again. Then it looks for everything that was acknowledged. */
export async function killWriters(
  target: Target,
  kills: number,
  report: Report = () => {},
): Promise<CrashReport> {
  const acknowledged = new Set<string>();
  for (let kill = 1; kill <= kills; kill++) {
    const writer = run('writer.ts', JSON.stringify(target), String(kill * 1_000_000), 'steps');
    const lines = linesOf(writer, (line) => acknowledged.add(`event-${line}`));
    await firstLineOf(writer);
    await delay(Math.random() * 200);
    writer.kill('SIGKILL');
    await lines;
    report(`Kill ${kill}: ${acknowledged.size} events acknowledged so far.`);
  }

  const inbox = openInbox(target);
  const seen = new Map<string, number>();
  const broken: string[] = [];
  for await (const { id, bodyDigest } of entriesOf(inbox)) {
    seen.set(id, (seen.get(id) ?? 0) + 1);
    const body = (await inbox.list({ id })).items[0]?.body ?? new Uint8Array();
    if (
      seen.get(id) !== 1 ||
      crc32(body) >>> 1 !== bodyDigest ||
      JSON.parse(`${Buffer.from(body)}`).id !== id
    ) {
      broken.push(id);
    }
  }
  await inbox.close({ timeoutMs: 0 });
  const lost = [...acknowledged].filter((id) => !seen.has(id));
  return { acknowledged: acknowledged.size, stored: seen.size, lost, broken };
}

export interface WorkReport {
  /** How many runs of handlers began. */
  readonly begun: number;
  /** The events whose handlers ran twice at the same time. */
  readonly overlapping: readonly string[];
  readonly counts: Awaited<ReturnType<Inbox['counts']>>;
}

/** Kills one of two processes that handle events, again and again. Then they handle what is left. */
export async function killWorkers(target: Target, kills: number): Promise<WorkReport> {
  const team = createTeam(target);
  const workers = [await team.hire(), await team.hire()];
  for (let kill = 0; kill < kills; kill++) {
    await delay(Math.random() * 50);
    await workers.shift()?.kill();
    workers.push(await team.hire());
  }
  return team.finish(workers);
}

/** Lets three processes with free places handle slow events while their clocks step, so that each could take what another has. */
export async function stepWhileHandling(target: Target, rounds: number): Promise<WorkReport> {
  const team = createTeam(target, SLOW_MS, LONG_LEASE_MS);
  const workers = [await team.hire(), await team.hire(), await team.hire()];
  const inbox = openInbox(target);
  for (let round = 0; round < rounds; round++) {
    for (let number = 0; number < EVENTS_AT_ONCE; number++) {
      await inbox.put(entryOf(SLOW_NUMBERS + round * EVENTS_AT_ONCE + number));
    }
    await delay(SLOW_MS);
  }
  await inbox.close({ timeoutMs: 0 });
  return team.finish(workers);
}

export interface FullReport extends WorkReport {
  readonly acknowledged: number;
  /** How often an event was refused because there was no room. */
  readonly refused: number;
  /** The events that were acknowledged and are not in the store. */
  readonly lost: readonly string[];
}

/** Lets one process store and another one handle events in a store that is full most of the time, and kills them in turn. */
export async function killWhileFull(target: Target, kills: number): Promise<FullReport> {
  const acknowledged = new Set(await fill(target));
  let refused = 0;
  const team = createTeam(target);
  let worker = await team.hire();
  for (let kill = 1; kill <= kills; kill++) {
    const writer = run('writer.ts', JSON.stringify(target), String(kill * 1_000_000), 'steps');
    const lines = linesOf(writer, (line) => {
      if (line === 'full') refused++;
      else acknowledged.add(`event-${line}`);
    });
    await firstLineOf(writer);
    await delay(Math.random() * 200);
    await worker.kill();
    worker = await team.hire();
    await delay(Math.random() * 200);
    writer.kill('SIGKILL');
    await lines;
  }
  const report = await team.finish([worker]);
  const stored = new Set<string>();
  const inbox = openInbox(target);
  for await (const { id } of entriesOf(inbox)) stored.add(id);
  await inbox.close({ timeoutMs: 0 });
  const lost = [...acknowledged].filter((id) => !stored.has(id));
  return { ...report, acknowledged: acknowledged.size, refused, lost };
}

/** Stores events until the store is full. Returns their ids. */
async function fill(target: Target): Promise<readonly string[]> {
  const inbox = openInbox(target);
  const stored: string[] = [];
  let next = FILLING_NUMBERS;

  async function putUntilFull(): Promise<void> {
    for (;;) {
      const entry = entryOf(next++);
      try {
        await inbox.put(entry);
        stored.push(entry.id);
      } catch (error) {
        if (isFull(error)) return;
        throw error;
      }
    }
  }

  await Promise.all(Array.from({ length: FILLERS }, putUntilFull));
  await inbox.close({ timeoutMs: 0 });
  return stored;
}

interface Worker {
  readonly kill: () => Promise<void>;
}

interface Team {
  /** Starts a worker. Resolves when it takes events. */
  readonly hire: () => Promise<Worker>;
  /** Waits until nothing is left, and kills the workers. */
  readonly finish: (workers: readonly Worker[]) => Promise<WorkReport>;
}

function createTeam(target: Target, handlerMs = FAST_MS, leaseMs = SHORT_LEASE_MS): Team {
  const runs: Run[] = [];

  async function hire(): Promise<Worker> {
    const reader = createRunReader();
    const worker = runWorker(target, 'steps', handlerMs, leaseMs);
    const lines = linesOf(worker, reader.take);
    await firstLineOf(worker);
    const kill = async () => {
      worker.kill('SIGKILL');
      const killedAtMs = machineMs();
      await lines;
      runs.push(...reader.end(killedAtMs));
    };
    return { kill };
  }

  async function finish(workers: readonly Worker[]): Promise<WorkReport> {
    const inbox = openInbox(target);
    for (;;) {
      const { pending, leased } = await inbox.counts();
      if (pending + leased === 0) break;
      await delay(20);
    }
    for (const worker of workers) await worker.kill();
    const counts = await inbox.counts();
    await inbox.close({ timeoutMs: 0 });
    return { begun: runs.length, overlapping: findOverlaps(runs), counts };
  }

  return { hire, finish };
}

/** @throws Error if the process ends before it has printed anything. */
async function firstLineOf(child: ChildProcessByStdio<null, Readable, null>): Promise<void> {
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  if (child.exitCode !== null) throw new Error('The process ended by itself. See its error above.');
}

/** Starts a process that handles events. */
export function runWorker(
  target: Target,
  clock: 'steps' | 'real',
  handlerMs: number = FAST_MS,
  leaseMs: number = LONG_LEASE_MS,
): ChildProcessByStdio<null, Readable, null> {
  return run('worker.ts', JSON.stringify(target), clock, String(handlerMs), String(leaseMs));
}

/** Starts a script of this folder. */
export function run(script: string, ...args: string[]): ChildProcessByStdio<null, Readable, null> {
  const flags = ['--conditions=@showpad-webhooks/source', '--import', 'tsx'];
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  return spawn(process.execPath, [...flags, script, ...args], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Passes on each whole line. Resolves when the process has ended. */
export async function linesOf(
  child: ChildProcessByStdio<null, Readable, null>,
  take: (line: string) => void,
): Promise<void> {
  for await (const line of createInterface(child.stdout)) take(line);
}

export async function* entriesOf(inbox: Inbox): AsyncGenerator<InboxItem> {
  for (const state of STATES) {
    let cursor: string | undefined;
    do {
      const page = await inbox.list({ state, limit: 500, cursor });
      yield* page.items;
      cursor = page.next;
    } while (cursor !== undefined);
  }
}
