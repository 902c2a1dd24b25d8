import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InboxEntry } from '@showpad-webhooks/core/inbox';
import type { SqliteHandle } from '@showpad-webhooks/sqlite';
import Database from 'libsql';
import { afterAll, onTestFinished } from 'vitest';

/** A folder for the files of one test file. */
export const folder: string = mkdtempSync(join(tmpdir(), 'showpad-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

export function newFile(): string {
  return join(folder, `${++files}.db`);
}

/** Opens a file again. To SQLite this is like another process. */
export function openElsewhere(file: string): SqliteHandle {
  const handle = new Database(file);
  onTestFinished(() => void handle.close());
  return handle;
}

/** Lets everything run that is due in the event loop. A write is tried in the first turn. */
export async function turns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

export function entryOf(id: string, body: Uint8Array = Buffer.from('{}')): InboxEntry {
  return {
    id,
    type: 'shared-space-user-added',
    body,
    bodyDigest: 1,
    method: 'POST',
    url: '/',
    headers: {},
    timestampSeconds: 1,
    keyLabel: undefined,
    receivedAtMs: Date.now(),
    error: undefined,
  };
}
