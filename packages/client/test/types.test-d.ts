import {
  type ApiErrorCode,
  type ApiLocation,
  type ClientAuth,
  type CreatedSubscription,
  createClient,
  type GrantAuth,
  type ResponseInfo,
  type RetryInfo,
  ShowpadApiError,
  type ShowpadClientOptions,
  type Subscription,
} from '@showpad-webhooks/client';
import { assertType, describe, expectTypeOf, test } from 'vitest';

const auth = { type: 'personal-token', token: 'a-token' } as const;
const oauth = { clientId: 'an-id', clientSecret: 'a-secret' } as const;
const subdomain = 'acme';

describe('auth', () => {
  test('is one of its forms', () => {
    assertType<ClientAuth>(auth);
    assertType<ClientAuth>(() => 'a-token');
    assertType<ClientAuth>(async ({ refused }) => refused ?? 'a-token');
    assertType<ClientAuth>({ type: 'password', ...oauth, username: 'a', password: 'b' });
    assertType<ClientAuth>({ type: 'refresh-token', ...oauth, refreshToken: 'a', scope: 'b' });
    assertType<ClientAuth>({ type: 'authorization-code', ...oauth, code: 'a', redirectUri: 'b' });
  });

  test('is neither half of one nor a mixture', () => {
    // @ts-expect-error no type
    assertType<ClientAuth>({ token: 'a-token' });
    // @ts-expect-error no token
    assertType<ClientAuth>({ type: 'personal-token' });
    // @ts-expect-error the field of another type
    assertType<ClientAuth>({ type: 'personal-token', token: 'a', refreshToken: 'b' });
    // @ts-expect-error no client secret
    assertType<ClientAuth>({ type: 'password', clientId: 'a', username: 'a', password: 'b' });
    // @ts-expect-error no redirect URI
    assertType<ClientAuth>({ type: 'authorization-code', ...oauth, code: 'a' });
    // @ts-expect-error misspelt
    assertType<ClientAuth>({ type: 'refresh', ...oauth, refreshToken: 'a' });
    // @ts-expect-error an environment variable that may not be set
    assertType<ClientAuth>({ type: 'personal-token', token: process.env.TOKEN });
    // @ts-expect-error gives no text
    assertType<ClientAuth>(() => undefined);
  });
});

test('the location is a subdomain or URLs', () => {
  assertType<ShowpadClientOptions>({ subdomain, auth });
  assertType<ShowpadClientOptions>({ baseUrl: 'https://a.example', auth });
  // @ts-expect-error neither
  assertType<ShowpadClientOptions>({ auth });
  // @ts-expect-error both
  assertType<ShowpadClientOptions>({ subdomain, baseUrl: 'https://a.example', auth });
  // @ts-expect-error it follows from the subdomain
  assertType<ShowpadClientOptions>({ subdomain, tokenUrl: 'https://a.example', auth });
  assertType<ShowpadClientOptions>({
    subdomain,
    auth: { type: 'refresh-token', ...oauth, refreshToken: 'a' },
    tokenStore: { get: async () => undefined, set: async () => {} },
  });
});

describe('subscriptions', () => {
  const { subscriptions } = createClient({ subdomain, auth });
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

  test('a copy of a created subscription does not have its key', () => {
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

  test('sync needs it too, except in a dry run', () => {
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

  test('unknown fields have the type unknown', () => {
    expectTypeOf<Subscription['createdBy']>().toEqualTypeOf<unknown>();
    expectTypeOf<Subscription['url']>().toEqualTypeOf<string>();
  });
});

test('isInstance narrows', () => {
  const error: unknown = undefined;
  if (ShowpadApiError.isInstance(error)) expectTypeOf(error.status).toEqualTypeOf<number | undefined>();
});

test('the code of an error is one of a list', () => {
  const codes: Readonly<Record<ApiErrorCode, boolean>> = {
    HTTP_ERROR: true,
    NETWORK: true,
    TIMEOUT: true,
    REDIRECTED: true,
    UNEXPECTED_RESPONSE: true,
    RESPONSE_TOO_LARGE: true,
    TOKENS_NOT_SAVED: true,
    CREATE_UNCERTAIN: true,
    KEY_LOST: true,
    KEY_NOT_SAVED: true,
    SEVERAL_MATCH: true,
  };
  expectTypeOf<ShowpadApiError['code']>().toEqualTypeOf<keyof typeof codes>();
  const isLost = (error: ShowpadApiError) => error.code === 'KEY_LOST';
  // @ts-expect-error misspelt
  const isMisspelt = (error: ShowpadApiError) => error.code === 'KEYLOST';
  expectTypeOf(isLost).toEqualTypeOf(isMisspelt);
});

test('an error needs a code and a hint', () => {
  new ShowpadApiError('NETWORK', 'It failed.', { hint: 'Try again.' });
  // @ts-expect-error an unknown code
  new ShowpadApiError('FAILED', 'It failed.', { hint: 'Try again.' });
  // @ts-expect-error no hint
  new ShowpadApiError('NETWORK', 'It failed.', {});
});

test('what hooks and options get has a name', () => {
  type Hooks = NonNullable<ShowpadClientOptions['hooks']>;
  expectTypeOf<Parameters<NonNullable<Hooks['onResponse']>>>().toEqualTypeOf<[ResponseInfo]>();
  expectTypeOf<Parameters<NonNullable<Hooks['onRetry']>>>().toEqualTypeOf<[RetryInfo]>();
  expectTypeOf<ShowpadClientOptions>().toExtend<ApiLocation>();
  expectTypeOf<GrantAuth>().toExtend<ClientAuth>();
});
