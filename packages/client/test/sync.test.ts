import { inspect } from 'node:util';
import type { CreatedSubscription, SyncStep } from '@showpad-webhooks/client';
import { describe, expect, test } from 'vitest';
import { failure, INPUT, openClient, openEmulator } from './open.ts';

const { name: _, ...UNNAMED } = INPUT;

/** A `saveKey` that remembers the keys. */
function keeper(): { saveKey: (created: CreatedSubscription) => Promise<void>; keys: Map<string, string> } {
  const keys = new Map<string, string>();
  const saveKey = async ({ subscription, signatureKey }: CreatedSubscription) => {
    await new Promise((resolve) => setImmediate(resolve));
    keys.set(subscription.name, signatureKey);
  };
  return { saveKey, keys };
}

const ignore = () => {};

describe('ensure', () => {
  test('creates one subscription, however often it is called, and saves its key before it is done', async () => {
    const emulator = await openEmulator();
    const { subscriptions } = openClient(emulator).client;
    const { saveKey, keys } = keeper();
    const first = await subscriptions.ensure(UNNAMED, { saveKey });
    expect([...keys.keys()]).toEqual(['127.0.0.1:9/webhooks/showpad']);
    const second = await subscriptions.ensure(UNNAMED, { saveKey });
    expect([first.action, second.action]).toEqual(['created', 'unchanged']);
    expect(second.subscription).toEqual(first.subscription);
    expect(keys.size).toBe(1);
    expect(await emulator.subscriptions.list()).toHaveLength(1);
  });

  test.each(['partial', 'replace'] as const)(
    'updates what is different, if updates are %s',
    async (update) => {
      const emulator = await openEmulator({ assumptions: { update } });
      const headers = [{ name: 'x-team', value: 'sales' }];
      const { id } = await emulator.subscriptions.create({ ...INPUT, headers });
      const { saveKey, keys } = keeper();
      const types = ['shared-space-created', 'COURSE_COMPLETED'];
      const { client } = openClient(emulator);
      const result = await client.subscriptions.ensure({ ...UNNAMED, types }, { saveKey });
      expect(result).toMatchObject({ action: 'updated', subscription: { ...INPUT, id, types, headers } });
      expect(await emulator.subscriptions.get(id)).toMatchObject({ ...INPUT, types, headers });
      expect(keys.size).toBe(0);
    },
  );

  test('knows a subscription by its name, so that its URL may change', async () => {
    const emulator = await openEmulator();
    const { id } = await emulator.subscriptions.create(INPUT);
    const url = 'http://127.0.0.1:10/webhooks/showpad';
    const wanted = { ...INPUT, url };
    const result = await openClient(emulator).client.subscriptions.ensure(wanted, { saveKey: ignore });
    expect(result).toMatchObject({ action: 'updated', subscription: { id, url } });
  });

  test('ignores the order, the case of header names, and how a URL is written', async () => {
    const emulator = await openEmulator();
    const types = ['a', 'b'];
    const headers = [{ name: 'X-Team', value: 'sales' }];
    await emulator.subscriptions.create({ ...INPUT, types, headers, url: 'http://127.0.0.1:9' });
    const wanted = {
      types: ['b', 'a'],
      headers: [{ name: 'x-team', value: 'sales' }],
      url: 'http://127.0.0.1:9/',
    };
    const { action } = await openClient(emulator).client.subscriptions.ensure(wanted, { saveKey: ignore });
    expect(action).toBe('unchanged');
  });

  test('does not choose among several', async () => {
    const emulator = await openEmulator();
    const one = await emulator.subscriptions.create({ ...INPUT, name: 'one' });
    const other = await emulator.subscriptions.create({ ...INPUT, name: 'other' });
    const { subscriptions } = openClient(emulator).client;
    const error = await failure(subscriptions.ensure(UNNAMED, { saveKey: ignore }));
    expect(error.code).toBe('SEVERAL_MATCH');
    expect(error.hint).toContain(`Their ids are ${one.id}, ${other.id}.`);
    expect(await subscriptions.ensure({ ...INPUT, name: 'one' }, { saveKey: ignore })).toHaveProperty(
      'action',
      'unchanged',
    );
  });

  test('hands the key over if saveKey fails, and shows it nowhere else', async () => {
    const emulator = await openEmulator();
    let given = '';
    const saveKey = ({ signatureKey }: CreatedSubscription) => {
      given = signatureKey;
      throw new Error('the vault is sealed');
    };
    const error = await failure(openClient(emulator).client.subscriptions.ensure(INPUT, { saveKey }));
    const [made] = await emulator.subscriptions.list();
    expect(error).toMatchObject({
      code: 'KEY_NOT_SAVED',
      subscription: { id: made?.id },
      cause: { message: 'the vault is sealed' },
    });
    expect(error.message).toBe(`Subscription ${made?.id} was created, but saveKey failed.`);
    expect(error.hint).toContain('Showpad does not show the key again: save error.signatureKey now');
    expect(given).not.toBe('');
    expect(error.signatureKey).toBe(given);
    const shown = `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}${error.stack}`;
    expect(shown).not.toContain(given);
  });

  test.each([
    ['URL', { ...UNNAMED, url: '/webhooks' }],
    ['list of at least one event type', { ...UNNAMED, types: [] }],
  ])('refuses a bad %s before anything is changed', async (field, wanted) => {
    const { client, requests } = openClient(await openEmulator());
    await expect(client.subscriptions.ensure(wanted, { saveKey: ignore })).rejects.toThrow(
      `Wanted subscription 1 needs a ${field}`,
    );
    expect(requests).toEqual(['GET /subscriptions 200']);
  });

  test('refuses to begin without a saveKey', async () => {
    const { client, requests } = openClient(await openEmulator());
    const call = client.subscriptions.ensure(UNNAMED, {} as never);
    await expect(call).rejects.toThrow('The option "saveKey" must be a function');
    expect(requests).toEqual([]);
  });
});

describe('sync', () => {
  const WANTED = [
    INPUT,
    { ...INPUT, name: 'ERP', types: ['shared-space-created'] },
    { ...INPUT, name: 'new' },
  ];
  const summary = (steps: readonly SyncStep[]) =>
    steps.map((step) => {
      const { action } = step;
      if (step.action === 'create') return [action, step.input.name];
      return [action, step.subscription.name, ...(step.action === 'update' ? [step.changes] : [])];
    });

  async function openAccount() {
    const emulator = await openEmulator();
    for (const name of ['CRM', 'ERP', 'old', 'of another team']) {
      await emulator.subscriptions.create({ ...INPUT, name });
    }
    const names = async () => (await emulator.subscriptions.list()).map(({ name }) => name);
    return { emulator, names, ...openClient(emulator) };
  }

  const STEPS = [
    ['create', 'new'],
    ['update', 'ERP', { types: ['shared-space-created'] }],
    ['keep', 'CRM'],
  ];

  test('returns its steps and does nothing in a dry run', async () => {
    const { client, requests } = await openAccount();
    const plan = await client.subscriptions.sync(WANTED, { dryRun: true, prune: true });
    expect(summary(plan)).toEqual([...STEPS, ['delete', 'old'], ['delete', 'of another team']]);
    expect(requests).toEqual(['GET /subscriptions 200']);
  });

  test('creates and updates, saves the keys, and deletes nothing unless asked', async () => {
    const { client, emulator, names } = await openAccount();
    const { saveKey, keys } = keeper();
    const steps = await client.subscriptions.sync(WANTED, { saveKey });
    expect(summary(steps)).toEqual([...STEPS, ['ignore', 'old'], ['ignore', 'of another team']]);
    expect(await names()).toEqual(['CRM', 'ERP', 'old', 'of another team', 'new']);
    expect((await emulator.subscriptions.list())[1]?.types).toEqual(['shared-space-created']);
    expect([...keys.keys()]).toEqual(['new']);
    const again = await client.subscriptions.sync(WANTED, { saveKey });
    expect(summary(again).map(([action]) => action)).toEqual(['keep', 'keep', 'keep', 'ignore', 'ignore']);
  });

  test('prunes everything that is not wanted', async () => {
    const { client, names } = await openAccount();
    await client.subscriptions.sync(WANTED, { saveKey: ignore, prune: true });
    expect(await names()).toEqual(['CRM', 'ERP', 'new']);
  });

  test('prunes what a function chooses', async () => {
    const { client, names } = await openAccount();
    await client.subscriptions.sync(WANTED, { saveKey: ignore, prune: ({ name }) => name === 'old' });
    expect(await names()).toEqual(['CRM', 'ERP', 'of another team', 'new']);
  });

  test('continues after a failure when it is called again', async () => {
    const { client, emulator, names } = await openAccount();
    const match = { method: 'DELETE' };
    await emulator.faults.add({ api: 'subscriptions', match, count: 1, action: { kind: 'forbidden' } });
    const error = await failure(client.subscriptions.sync(WANTED, { saveKey: ignore, prune: true }));
    expect(error.status).toBe(403);
    expect(await names()).toContain('new');
    await client.subscriptions.sync(WANTED, { saveKey: ignore, prune: true });
    expect(await names()).toEqual(['CRM', 'ERP', 'new']);
  });

  test.each([
    ['by name', [INPUT, { ...INPUT, url: 'http://127.0.0.1:10/' }]],
    ['by URL', [UNNAMED, { ...UNNAMED, types: ['b'] }]],
    ['by name and by URL', [INPUT, UNNAMED]],
  ])('refuses to want one subscription twice, %s', async (_title, wanted) => {
    const emulator = await openEmulator();
    await emulator.subscriptions.create(INPUT);
    const { client, requests } = openClient(emulator);
    const call = client.subscriptions.sync(wanted, { saveKey: ignore });
    await expect(call).rejects.toThrow('Wanted subscription 2 means the same subscription as an earlier one');
    expect(requests).toEqual(['GET /subscriptions 200']);
  });
});
