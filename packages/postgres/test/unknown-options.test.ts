import { createPostgresInbox, createPostgresLedger, migrationSql } from '@showpad-webhooks/postgres';
import pg from 'pg';
import { expect, test } from 'vitest';

test.each<[string, (misspelt: object) => unknown, string]>([
  [
    'createPostgresInbox',
    (misspelt) => createPostgresInbox({ pool: new pg.Pool(), ...misspelt }),
    'pool, schema, mustExist, migrate, name, maxAttempts, backoff, concurrency, leaseMs, keepDoneMs, keepDoneBodies, ' +
      'keepDeadMs, pollMs',
  ],
  [
    'createPostgresLedger',
    (misspelt) => createPostgresLedger({ pool: new pg.Pool(), ...misspelt }),
    'pool, schema, migrate, ttlMs',
  ],
  ['migrationSql', (misspelt) => migrationSql(misspelt), 'schema, fromVersion'],
])('%s names an option that it does not know, and lists the others', (_, call, known) => {
  expect(() => call({ shema: 'app' })).toThrow(
    new TypeError(`"shema" is not an option. The options are: ${known}.`),
  );
});
