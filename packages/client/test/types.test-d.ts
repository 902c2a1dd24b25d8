import {
  type CreatedSubscription,
  createShowpadWebhooksClient,
  ShowpadApiError,
  type ShowpadAuth,
  type ShowpadWebhooksClientOptions,
  type Subscription,
} from '@showpad-webhooks/client';
import { createFileTokenStore } from '@showpad-webhooks/client/node';
import { assertType, describe, expectTypeOf, test } from 'vitest';

const auth = { type: 'personal-token', token: 'a-token' } as const;
const oauth = { clientId: 'an-id', clientSecret: 'a-secret' } as const;
const subdomain = 'acme';

describe('auth', () => {
  test('is one of its forms', () => {
    assertType<ShowpadAuth>(auth);
    assertType<ShowpadAuth>(() => 'a-token');
    assertType<ShowpadAuth>(async ({ refused }) => refused ?? 'a-token');
    assertType<ShowpadAuth>({ type: 'password', ...oauth, username: 'a', password: 'b' });
    assertType<ShowpadAuth>({ type: 'refresh-token', ...oauth, refreshToken: 'a', scope: 'b' });
    assertType<ShowpadAuth>({ type: 'authorization-code', ...oauth, code: 'a', redirectUri: 'b' });
  });

  test('is no half of one, and no mixture', () => {
    // @ts-expect-error no type
    assertType<ShowpadAuth>({ token: 'a-token' });
    // @ts-expect-error no token
    assertType<ShowpadAuth>({ type: 'personal-token' });
    // @ts-expect-error the field of another type
    assertType<ShowpadAuth>({ type: 'personal-token', token: 'a', refreshToken: 'b' });
    // @ts-expect-error no client secret
    assertType<ShowpadAuth>({ type: 'password', clientId: 'a', username: 'a', password: 'b' });
    // @ts-expect-error no redirect URI
    assertType<ShowpadAuth>({ type: 'authorization-code', ...oauth, code: 'a' });
    // @ts-expect-error misspelt
    assertType<ShowpadAuth>({ type: 'refresh', ...oauth, refreshToken: 'a' });
    // @ts-expect-error an environment variable that may not be set
    assertType<ShowpadAuth>({ type: 'personal-token', token: process.env.TOKEN });
    // @ts-expect-error gives no text
    assertType<ShowpadAuth>(() => undefined);
  });
});

test('where to ask is a subdomain or URLs', () => {
  assertType<ShowpadWebhooksClientOptions>({ subdomain, auth });
  assertType<ShowpadWebhooksClientOptions>({ baseUrl: 'https://a.example', auth });
  // @ts-expect-error neither
  assertType<ShowpadWebhooksClientOptions>({ auth });
  // @ts-expect-error both
  assertType<ShowpadWebhooksClientOptions>({ subdomain, baseUrl: 'https://a.example', auth });
  // @ts-expect-error it follows from the subdomain
  assertType<ShowpadWebhooksClientOptions>({ subdomain, tokenUrl: 'https://a.example', auth });
  assertType<ShowpadWebhooksClientOptions>({
    subdomain,
    auth: { type: 'refresh-token', ...oauth, refreshToken: 'a' },
    tokenStore: createFileTokenStore({ path: 'tokens.json' }),
  });
});

describe('subscriptions', () => {
  const { subscriptions } = createShowpadWebhooksClient({ subdomain, auth });
  const input = { types: ['a'], url: 'https://example.com/' };
  const saveKey = async () => {};

  test('a create needs a name, types and a URL', () => {
    expectTypeOf(
      subscriptions.create({ ...input, name: 'CRM' }),
    ).resolves.toEqualTypeOf<CreatedSubscription>();
    // @ts-expect-error no name
    void subscriptions.create(input);
    // @ts-expect-error another method
    void subscriptions.create({ ...input, name: 'CRM', method: 'PUT' });
    // @ts-expect-error headers are a list
    void subscriptions.create({ ...input, name: 'CRM', headers: { 'x-team': 'sales' } });
  });

  test('a created one is copied without its key', () => {
    const copy = (created: CreatedSubscription) => ({ ...created });
    expectTypeOf<ReturnType<typeof copy>>().not.toHaveProperty('signatureKey');
    expectTypeOf<CreatedSubscription['signatureKey']>().toEqualTypeOf<string>();
  });

  test('ensure needs somewhere to save the key', () => {
    void subscriptions.ensure(input, { saveKey });
    // @ts-expect-error the key would be lost
    void subscriptions.ensure(input);
    // @ts-expect-error the key would be lost
    void subscriptions.ensure(input, {});
  });

  test('sync needs it too, but in a dry run', () => {
    void subscriptions.sync([input], { dryRun: true });
    void subscriptions.sync([input], { dryRun: Boolean(subdomain), saveKey });
    // @ts-expect-error the keys would be lost
    void subscriptions.sync([input], { dryRun: false });
    // @ts-expect-error the keys would be lost
    void subscriptions.sync([input], { prune: true });
  });

  test('a step is narrowed by its action', async () => {
    for (const step of await subscriptions.sync([input], { dryRun: true })) {
      if (step.action === 'create') expectTypeOf(step.input.name).toEqualTypeOf<string>();
      else expectTypeOf(step.subscription).toEqualTypeOf<Subscription>();
    }
  });

  test('fields that are not known are unknown', () => {
    expectTypeOf<Subscription['createdBy']>().toEqualTypeOf<unknown>();
    expectTypeOf<Subscription['url']>().toEqualTypeOf<string>();
  });
});

test('isInstance narrows', () => {
  const error: unknown = undefined;
  if (ShowpadApiError.isInstance(error)) expectTypeOf(error.status).toEqualTypeOf<number | undefined>();
});
