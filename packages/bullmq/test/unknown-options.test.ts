import { createBullmqInbox, createRedisLedger } from '@showpad-webhooks/bullmq';
import { expect, test } from 'vitest';

const connection = { host: '127.0.0.1', port: 1 };

test.each<[string, () => unknown, string]>([
  [
    'createBullmqInbox',
    () => createBullmqInbox({ connection, maxAttemps: 3 } as never),
    '"maxAttemps" is not an option. The options are: connection, waitReplicas, prefix, mustExist, name, maxAttempts, backoff, ' +
      'concurrency, leaseMs, keepDoneMs, keepDoneBodies, keepDeadMs.',
  ],
  [
    'waitReplicas',
    () => createBullmqInbox({ connection, waitReplicas: { count: 1, timeout: 500 } as never }),
    '"waitReplicas.timeout" is not an option. The options are: count, timeoutMs.',
  ],
  [
    'createRedisLedger',
    () => createRedisLedger({ connection, ttl: 500 } as never),
    '"ttl" is not an option. The options are: connection, prefix, ttlMs.',
  ],
])('%s names an option that it does not know, and lists the others', (_, create, message) => {
  expect(create).toThrow(new TypeError(message));
});
