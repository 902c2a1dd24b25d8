import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Inbox } from '@showpad-webhooks/core';
import type { InboxEntry } from '@showpad-webhooks/core/inbox';
import { createSqliteInbox, createSqliteLedger } from '@showpad-webhooks/sqlite';
import Database from 'libsql';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../src/connection.ts';
import { createSqliteInboxStore } from '../src/inbox-store.ts';
import { findRoomProblems } from '../src/room.ts';
import { entryOf, newFile } from './support.ts';

const NEARLY_FULL =
  /^The SQLite database has nearly reached its max_page_count: 0 MB are left. When nothing is left, deliveries are answered with 503. Make room.$/;
const DISK_IS_FULL = 'The disk has no room for new events. 5 MB are reserved for handling what is stored.';
const REACHED = /^The SQLite database has reached its max_page_count/;
const DATABASE_IS_FULL =
  'The SQLite database has reached its max_page_count, so it has no room for new events. 31 kB are reserved for handling what is stored.';

/** An inbox in a database that has room for a few large events. A disk that is full answers in the same way. */
function openSmall(options: { readonly keepDoneBodies?: boolean } = {}): Inbox {
  const database = new Database(newFile());
  onTestFinished(() => void database.close());
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec('PRAGMA max_page_count = 150');
  const inbox = createSqliteInbox({ database, pollMs: 5, ...options });
  onTestFinished(() => inbox.close({ timeoutMs: 0 }));
  return inbox;
}

function large(id: string): InboxEntry {
  return { ...entryOf(id), body: Buffer.alloc(50_000, 'x') };
}

/** Puts large events until one fails. Resolves to how many were stored. */
async function fill(inbox: Inbox): Promise<number> {
  for (let count = 0; ; count++) {
    try {
      await inbox.put(large(`large ${count}`));
    } catch {
      return count;
    }
  }
}

const work = { process: async () => undefined, onDead() {}, onError() {} };

describe('a database that has no room left', () => {
  test('is named by health() before a put fails, and after it nothing can be stored', async () => {
    const inbox = openSmall();
    expect(await inbox.health()).toMatchObject({ isWritable: true, problems: [] });
    let problems: readonly string[] = [];
    for (let count = 0; problems.length === 0; count++) {
      await inbox.put(large(`${count}`));
      ({ problems } = await inbox.health());
    }
    expect(problems).toEqual([expect.stringMatching(NEARLY_FULL)]);
    expect((await inbox.health()).isWritable).toBe(true);
    await fill(inbox);
    expect(await inbox.health()).toMatchObject({
      isReachable: true,
      isWritable: false,
      problems: [
        expect.stringMatching(NEARLY_FULL),
        `The latest event could not be stored: ${DATABASE_IS_FULL}`,
      ],
    });
  });

  test('has room again when its events are done, and takes as many as before, for ever', async () => {
    const inbox = openSmall();
    const count = await fill(inbox);
    expect(count).toBeGreaterThan(5);
    await inbox.start(work);
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: count }));
    for (let number = 0; number < 5 * count; number++) {
      expect(await inbox.put(large(`later ${number}`))).toBe('stored');
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: count + number + 1 }));
    }
    expect(await inbox.health()).toMatchObject({ isWritable: true, problems: [] });
  });

  test('stays full if it keeps the bodies of done events', async () => {
    const inbox = openSmall({ keepDoneBodies: true });
    const count = await fill(inbox);
    await inbox.start(work);
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: count }));
    await expect(inbox.put(large('later'))).rejects.toThrow(DATABASE_IS_FULL);
    expect(await inbox.discard({ state: 'done' })).toBe(count);
    expect(await inbox.put(large('later'))).toBe('stored');
  });

  test('still settles and stores what is small, also in a transaction with what is too large', async () => {
    const inbox = openSmall();
    await fill(inbox);
    const results = await Promise.allSettled([
      inbox.put(entryOf('small 1')),
      inbox.put(large('too large')),
      inbox.put(entryOf('small 2')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await inbox.list({ id: 'small 2' })).items).toHaveLength(1);
    expect((await inbox.list({ id: 'too large' })).items).toHaveLength(0);
  });

  test('counts as such for 30 s after the last put, so that deliveries are tried again', async () => {
    vi.useFakeTimers({ now: performance.now(), toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const inbox = openSmall();
    await fill(inbox);
    vi.advanceTimersByTime(29_999);
    expect((await inbox.health()).isWritable).toBe(false);
    vi.advanceTimersByTime(1);
    expect((await inbox.health()).isWritable).toBe(true);
  });
});

// An entry that is leased or done moves in the index. Whether that needs another page depends on what is in each page.
test.each([150, 151, 152, 153, 154, 155, 156, 157])(
  'of %i pages handles all that it has, while new events take each room that there is',
  async (pages) => {
    const database = new Database(newFile());
    onTestFinished(() => void database.close());
    database.exec(`PRAGMA max_page_count = ${pages}`);
    database.exec('PRAGMA synchronous = OFF');
    const store = createSqliteInboxStore(connect({ database }), 'default');
    let nowMs = 0;
    let stored = 0;
    let done = 0;

    async function fill(): Promise<void> {
      for (;;) {
        const number = stored + 1;
        const entry = entryOf(`event ${number}`, Buffer.alloc((number * 89) % 5_000));
        try {
          await store.put(entry, { nowMs: ++nowMs });
        } catch {
          return;
        }
        stored = number;
      }
    }

    await fill();
    expect(stored).toBeGreaterThan(100);
    for (;;) {
      const claimed = await store.claim({ limit: 8, leaseMs: 1_000, nowMs: ++nowMs, exceptIds: [] });
      if (claimed.length === 0) break;
      if (done < 500) await fill();
      for (const { id, fence } of claimed) {
        const outcome = { state: 'done', nowMs: ++nowMs, keepBody: false } as const;
        if (await store.settle({ id, fence }, outcome)) done++;
      }
    }
    expect(done).toBe(stored);
  },
);

test('goes on with the claims of a ledger, and takes new ones when old ones have expired', async () => {
  const database = new Database(newFile());
  onTestFinished(() => void database.close());
  database.exec('PRAGMA max_page_count = 60');
  database.exec('PRAGMA synchronous = OFF');
  const ttlMs = 500;
  const ledger = createSqliteLedger({ database, ttlMs });
  const claim = async (key: string) => ledger.claim({ key, bodyDigest: 1, leaseMs: 120_000 });
  const held: { readonly key: string; readonly fence: number }[] = [];
  for (;;) {
    const key = `event ${held.length}`;
    const result = await claim(key).catch((error: Error) => error);
    if (result instanceof Error) {
      expect(result.message).toMatch(REACHED);
      break;
    }
    held.push({ key, fence: result.status === 'claimed' ? result.fence : 0 });
  }
  expect(held.length).toBeGreaterThan(100);
  for (const each of held) {
    const handler = { handler: 'a handler with a name of some length', leaseMs: 120_000 };
    expect(await ledger.checkpoint(each, handler)).toBe(true);
    expect(await ledger.complete(each)).toBe(true);
  }
  // Each claim forgets two events that have expired, also if it is refused.
  const claimed = { status: 'claimed' };
  const often = { interval: 1 };
  await vi.waitFor(async () => expect(await claim('later')).toMatchObject(claimed), often);
});

/** Mounts a disk of 20 MB, which only root may do. */
function mountSmallDisk(): string | undefined {
  const disk = mkdtempSync(join(tmpdir(), 'showpad-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', disk], { stdio: 'ignore' });
    return disk;
  } catch {
    rmdirSync(disk);
    return undefined;
  }
}

const smallDisk = mountSmallDisk();
if (smallDisk !== undefined) {
  afterAll(() => {
    execFileSync('umount', ['-l', smallDisk]);
    rmdirSync(smallDisk);
  });

  test('on a full disk the events that are stored are still handled, and new ones are stored when there is room', async () => {
    const [file, filler] = [join(smallDisk, 'showpad.db'), join(smallDisk, 'filler')];
    const inbox = createSqliteInbox({ file, pollMs: 5 });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    for (let number = 0; number < 20; number++) await inbox.put(large(`before ${number}`));
    writeFileSync(filler, Buffer.alloc(14_000_000));
    await vi.waitFor(() => expect(inbox.put(large('too much'))).rejects.toThrow(DISK_IS_FULL));
    expect(await inbox.health()).toMatchObject({
      isWritable: false,
      problems: expect.arrayContaining([`The latest event could not be stored: ${DISK_IS_FULL}`]),
    });
    await inbox.start(work);
    await vi.waitFor(async () =>
      expect(await inbox.counts()).toMatchObject({ pending: 0, leased: 0, dead: 0 }),
    );
    rmSync(filler);
    await vi.waitFor(async () => expect(await inbox.put(large('after'))).not.toBeUndefined());
    expect(await inbox.health()).toMatchObject({ isWritable: true, problems: [] });
  });
}

describe('room', () => {
  const pages = { page_size: 4_096, max_page_count: 4_294_967_294, page_count: 1_000, freelist_count: 0 };
  const read = (pragma: string) => (pages as Readonly<Record<string, number>>)[pragma];

  test('is no problem in an ordinary database, nor on a disk that does not say what is left', () => {
    expect(findRoomProblems('/missing folder/showpad.db', read)).toEqual([]);
  });
});
