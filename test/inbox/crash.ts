import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import type { Inbox } from '@showpad-webhooks/core';
import type { InboxItem, InboxState } from '@showpad-webhooks/core/inbox';
import { openInbox, type Target } from './engines.ts';

const STATES: readonly InboxState[] = ['pending', 'leased', 'done', 'dead'];

export interface CrashReport {
  readonly acknowledged: number;
  readonly stored: number;
  /** The events that were acknowledged and are not in the store. */
  readonly lost: readonly string[];
  /** The events that are stored more than once, or whose bytes are not complete. */
  readonly broken: readonly string[];
}

/** Kills a process that stores events, again and again. Then it looks for everything that was acknowledged. */
export async function killWriters(
  target: Target,
  kills: number,
  report: (message: string) => void = () => {},
): Promise<CrashReport> {
  const acknowledged = new Set<string>();
  for (let kill = 1; kill <= kills; kill++) {
    const writer = run('writer.ts', JSON.stringify(target), String(kill * 1_000_000));
    const lines = linesOf(writer, (line) => acknowledged.add(`event-${line}`));
    await Promise.race([once(writer.stdout, 'data'), once(writer, 'exit')]);
    if (writer.exitCode !== null) throw new Error('The writer ended by itself. See its error above.');
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

/** Kills a process that handles events, again and again. Then the last process handles what is left. */
export async function killWorkers(
  target: Target,
  kills: number,
): Promise<{ readonly begun: number; readonly counts: Awaited<ReturnType<Inbox['counts']>> }> {
  let begun = 0;
  for (let kill = 0; kill < kills; kill++) {
    const worker = run('worker.ts', JSON.stringify(target));
    const lines = linesOf(worker, () => begun++);
    await once(worker.stdout, 'data');
    await delay(Math.random() * 50);
    worker.kill('SIGKILL');
    await lines;
  }
  const inbox = openInbox(target);
  const worker = run('worker.ts', JSON.stringify(target));
  const lines = linesOf(worker, () => begun++);
  for (;;) {
    const { pending, leased } = await inbox.counts();
    if (pending + leased === 0) break;
    await delay(20);
  }
  worker.kill('SIGKILL');
  await lines;
  const counts = await inbox.counts();
  await inbox.close({ timeoutMs: 0 });
  return { begun, counts };
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
