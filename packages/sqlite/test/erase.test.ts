import { readFileSync } from 'node:fs';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { entryOf, newFile, openElsewhere } from './support.ts';

const JANE = 'jane@example.com';

test('what was erased is gone from the file after VACUUM and a checkpoint, while the app has it open', async () => {
  const file = newFile();
  const inbox = createSqliteInbox({ file });
  onTestFinished(() => inbox.close());
  const holdsJane = () => [file, `${file}-wal`].some((path) => readFileSync(path).includes(JANE));
  for (let index = 0; index < 50; index++) {
    const body = Buffer.from(`{"email":"${index % 2 === 0 ? JANE : 'john@example.com'}"}`.padEnd(3_000));
    const headers = index === 0 ? { 'x-user': JANE } : {};
    await inbox.put({
      ...entryOf(`event-${index}`),
      body,
      headers,
      url: `/?email=${index === 2 ? JANE : ''}`,
    });
  }
  const { pending } = await inbox.erase(({ body }) => Buffer.from(body ?? []).includes(JANE));
  expect(pending).toBe(25);
  expect(holdsJane(), 'until then SQLite keeps it in free pages and in its log').toBe(true);

  const handle = openElsewhere(file);
  handle.exec('VACUUM');
  handle.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
  expect(holdsJane()).toBe(false);
  expect(await inbox.put(entryOf('event-0'))).toEqual({ isConflict: false });
  expect(await inbox.put(entryOf('another'))).toBe('stored');
  expect((await inbox.health()).isWritable).toBe(true);
});
