import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { createMemoryLedger, createReceiver, RetryAfterError } from '@showpad-webhooks/core';
import { backfill } from '@showpad-webhooks/core/backfill';
import { createStoreInbox } from '@showpad-webhooks/core/inbox';
import {
  createNodeHandler,
  createRouteHandler,
  readBody,
  receiveNodeRequest,
} from '@showpad-webhooks/core/node';
import { changeEntries, selectEntries, selectPage } from '@showpad-webhooks/core/operations';
import { createMemoryLatestTimes, skipOlder } from '@showpad-webhooks/core/ordering';
import { readInboxOptions } from '@showpad-webhooks/core/store';
import {
  createMemoryInbox,
  sampleContext,
  sampleEvent,
  signedDelivery,
} from '@showpad-webhooks/core/testing';
import { watchInbox } from '@showpad-webhooks/core/watch';
import { expect, test } from 'vitest';
import { entryOf } from '../src/testing/inbox-store-conformance.ts';
import { createMemoryInboxStore } from '../src/testing/memory-inbox.ts';
import { KEY, TYPE } from './support.ts';

const inbox = createMemoryInbox();
const receiver = createReceiver({ keys: KEY });
const request = () => new IncomingMessage(new Socket());
const handler = () => {};

const OF_RECEIVERS =
  'name, keys, on, toleranceSeconds, maxBodyBytes, maxBytesInFlight, methods, handlerTimeoutMs, ledger, inbox, schemas, ' +
  'schemaMode, identify, clock, logger, telemetry, explainMismatches, waitUntil';
const OF_INBOXES = 'name, maxAttempts, backoff, concurrency, leaseMs, keepDoneMs, keepDoneBodies, keepDeadMs';

/** What is called with a misspelt option, which is one that nobody knows, and what the options are. */
const CALLS: readonly (readonly [string, (misspelt: object) => unknown, string])[] = [
  ['createMemoryLedger', (misspelt) => createMemoryLedger(misspelt), 'maxEntries, ttlMs, now'],
  ['on', (misspelt) => receiver.on(TYPE, handler, misspelt), 'name'],
  ['onAny', (misspelt) => receiver.onAny(handler, misspelt), 'name'],
  ['onUnknown', (misspelt) => receiver.onUnknown(handler, misspelt), 'name'],
  [
    'RetryAfterError',
    (misspelt) => new RetryAfterError('Later.', { header: null, ...misspelt }),
    'afterMs, header, cause',
  ],
  [
    'createNodeHandler',
    (misspelt) => createNodeHandler({ path: '/x', keys: KEY, ...misspelt }),
    `${OF_RECEIVERS}, path, receiver`,
  ],
  [
    'the hooks of createNodeHandler',
    (misspelt) => createNodeHandler({ path: '/x', receiver }, misspelt),
    'explainMissingBody',
  ],
  ['createRouteHandler', (misspelt) => createRouteHandler({ keys: KEY, ...misspelt }), OF_RECEIVERS],
  [
    'the hooks of createRouteHandler',
    (misspelt) => createRouteHandler(receiver, misspelt),
    'explainMissingBody',
  ],
  [
    'receiveNodeRequest',
    (misspelt) => receiveNodeRequest(receiver, request(), misspelt),
    'url, body, rawBody, explainMissingBody',
  ],
  ['readBody', (misspelt) => readBody(request(), 1_000, misspelt), 'timeoutMs, onHeld'],
  [
    'createStoreInbox',
    (misspelt) => createStoreInbox(createMemoryInboxStore(), misspelt),
    `${OF_INBOXES}, pollMs, clock`,
  ],
  ['createMemoryInbox', (misspelt) => createMemoryInbox(misspelt), `${OF_INBOXES}, pollMs, clock`],
  ['readInboxOptions', (misspelt) => readInboxOptions(misspelt), OF_INBOXES],
  ['list', (misspelt) => inbox.list(misspelt), 'state, id, limit, cursor'],
  ['retry', (misspelt) => inbox.retry({ state: 'dead', ...misspelt }), 'id, state'],
  ['discard', (misspelt) => inbox.discard({ state: 'dead', ...misspelt }), 'id, state'],
  ['erase', (misspelt) => inbox.erase(() => true, misspelt), 'isDryRun'],
  [
    'watchInbox',
    (misspelt) => watchInbox(inbox, { notify: handler, ...misspelt }),
    'notify, onError, maxDeadLetters, maxLagMs, maxSilenceMs, intervalMs, quietMs, clock',
  ],
  [
    'backfill',
    (misspelt) => backfill(inbox, { type: TYPE, name: 'crm', handler, liveSinceMs: 1, ...misspelt }),
    'type, name, handler, liveSinceMs, sinceMs, ratePerSecond, isDryRun, signal, onProgress, onError, schemas, logger, ' +
      'telemetry, handlerTimeoutMs',
  ],
  ['selectPage', (misspelt) => selectPage(inbox, { state: 'dead', ...misspelt }), 'state, sinceMs, matches'],
  ['the page of selectPage', (misspelt) => selectPage(inbox, { state: 'dead' }, misspelt), 'cursor, limit'],
  [
    'selectEntries',
    (misspelt) => selectEntries(inbox, { state: 'dead', ...misspelt }).next(),
    'state, sinceMs, matches',
  ],
  [
    'the options of selectEntries',
    (misspelt) => selectEntries(inbox, { state: 'dead' }, misspelt).next(),
    'signal, limit',
  ],
  [
    'changeEntries',
    (misspelt) => changeEntries(inbox, [], 'retry', { onEntry: handler, ...misspelt }),
    'signal, onEntry',
  ],
  ['createMemoryLatestTimes', (misspelt) => createMemoryLatestTimes(misspelt), 'maxKeys'],
  [
    'skipOlder',
    (misspelt) => skipOlder({ keyOf: () => 'one', ...misspelt }, handler),
    'keyOf, timeOf, times',
  ],
  [
    'signedDelivery',
    (misspelt) => signedDelivery(TYPE, { key: KEY, ...misspelt }),
    'key, data, id, timestampSeconds, headers, method',
  ],
  ['sampleEvent', (misspelt) => sampleEvent(TYPE, misspelt), 'data, id'],
  [
    'sampleContext',
    (misspelt) => sampleContext(misspelt),
    'receiverName, rawBody, headers, url, receivedAt, timestampSeconds, keyLabel, attempt, signal, logger',
  ],
];

test.each(CALLS)('%s names an option that it does not know, and lists the others', async (_, call, known) => {
  const message = `"misspelt" is not an option. The options are: ${known}.`;
  await expect(async () => call({ misspelt: undefined })).rejects.toThrow(new TypeError(message));
});

test('an entry that was listed is a target', async () => {
  const filled = createMemoryInbox();
  await filled.put(entryOf({ error: { code: 'EVENT_INVALID', message: 'It is no event.' } }));
  for (const entry of (await filled.list()).items) expect(await filled.retry(entry)).toBe(1);
});

test('an option that is undefined is left out', () => {
  const none = { maxEntries: undefined, ttlMs: undefined, now: undefined } as object;
  expect(createMemoryLedger(none).endsWithProcess).toBe(true);
});
