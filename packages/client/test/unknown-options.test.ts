import { createClient, type SubscriptionsApi } from '@showpad-webhooks/client';
import { expect, test, vi } from 'vitest';
import { INPUT } from './open.ts';

const saveKey = () => {};

test.each<[string, (calls: SubscriptionsApi, misspelt: object) => Promise<unknown>, string]>([
  ['create', (calls, misspelt) => calls.create(INPUT, misspelt), 'signal'],
  ['get', (calls, misspelt) => calls.get('one', misspelt), 'signal'],
  ['update', (calls, misspelt) => calls.update('one', {}, misspelt), 'signal'],
  ['delete', (calls, misspelt) => calls.delete('one', misspelt), 'signal'],
  ['list', (calls, misspelt) => calls.list(misspelt), 'pageSize, signal'],
  ['iterate', (calls, misspelt) => calls.iterate(misspelt).next(), 'pageSize, signal'],
  ['logs', (calls, misspelt) => calls.logs('one', misspelt), 'pageSize, signal'],
  ['iterateLogs', (calls, misspelt) => calls.iterateLogs('one', misspelt).next(), 'pageSize, signal'],
  ['ensure', (calls, misspelt) => calls.ensure(INPUT, { saveKey, ...misspelt }), 'saveKey, signal'],
  [
    'sync',
    (calls, misspelt) => calls.sync([INPUT], { saveKey, ...misspelt }),
    'dryRun, prune, saveKey, signal',
  ],
])(
  '%s names an option that it does not know, lists the others and requests nothing',
  async (_, call, known) => {
    const fetch = vi.fn(async () => new Response('[]'));
    const { subscriptions } = createClient({
      subdomain: 'acme',
      auth: { type: 'personal-token', token: 'a-personal-token' },
      fetch,
    });
    await expect(call(subscriptions, { dryrun: true })).rejects.toThrow(
      new TypeError(`"dryrun" is not an option. The options are: ${known}.`),
    );
    expect(fetch).not.toHaveBeenCalled();
  },
);
