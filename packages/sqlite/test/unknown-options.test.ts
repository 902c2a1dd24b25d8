import { existsSync } from 'node:fs';
import { createSqliteInbox, createSqliteLedger } from '@showpad-webhooks/sqlite';
import { expect, test } from 'vitest';
import { newFile } from './support.ts';

test.each([
  [
    createSqliteInbox,
    'file, database, mustExist, name, maxAttempts, backoff, concurrency, leaseMs, keepDoneMs, keepDoneBodies, keepDeadMs, pollMs',
  ],
  [createSqliteLedger, 'file, database, ttlMs'],
])('%o names an option that it does not know, lists the others and opens no file', (create, known) => {
  const file = newFile();
  const options = { file, clock: Date.now };
  expect(() => create(options)).toThrow(
    new TypeError(`"clock" is not an option. The options are: ${known}.`),
  );
  expect(existsSync(file)).toBe(false);
});
