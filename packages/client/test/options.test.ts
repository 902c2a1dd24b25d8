import { readdirSync, readFileSync } from 'node:fs';
import * as exported from '@showpad-webhooks/client';
import { createClient, type ShowpadClientOptions } from '@showpad-webhooks/client';
import { describe, expect, test } from 'vitest';
import { openClient, openServer, PASSWORD_GRANT } from './open.ts';

const auth = { type: 'personal-token', token: 'a-personal-token' } as const;
const create = (options: unknown) => createClient(options as ShowpadClientOptions);

/** The URLs that a client with these options requests. */
async function asked(options: Partial<ShowpadClientOptions>): Promise<readonly string[]> {
  const urls: string[] = [];
  const fetch = async (input: unknown) => {
    urls.push(String(input));
    throw new Error('nothing is there');
  };
  const client = create({ auth, fetch, retry: false, ...options });
  await expect(client.subscriptions.list()).rejects.toThrow();
  return urls;
}

describe('the URL', () => {
  test('is known from the subdomain', async () => {
    const subdomain = 'acme';
    expect(await asked({ subdomain })).toEqual(['https://acme.api.showpad.com/webhooks/v1/subscriptions']);
    expect(await asked({ subdomain, auth: PASSWORD_GRANT })).toEqual([
      'https://acme.showpad.biz/api/v3/oauth2/token',
    ]);
  });

  test('may be a base URL with or without a slash at its end', async () => {
    for (const baseUrl of ['https://gateway.example/showpad', 'https://gateway.example/showpad/']) {
      expect(await asked({ baseUrl })).toEqual(['https://gateway.example/showpad/subscriptions']);
    }
  });
});

test('the global fetch gets only what a request needs', async () => {
  const seen: unknown[] = [];
  const server = await openServer(({ method, url, headers }, res) => {
    seen.push([method, url, headers.authorization, headers.accept, headers['content-type']]);
    res.end('[]');
  });
  await openClient(server, { auth }).client.subscriptions.list();
  expect(seen).toEqual([
    ['GET', '/webhooks/v1/subscriptions', 'Bearer a-personal-token', 'application/json', undefined],
  ]);
});

describe('refuses', () => {
  const subdomain = 'acme';
  const grant = { ...PASSWORD_GRANT, password: undefined };
  test.each<[string, unknown, string]>([
    ['no options', undefined, 'The options must be an object with at least { subdomain, auth }.'],
    [
      'an unknown option',
      { subdomain, auth, timeout: 5 },
      '"timeout" is not an option. The options are: subdomain, ',
    ],
    [
      'an unknown retry option',
      { subdomain, auth, retry: { attempts: 5 } },
      '"retry.attempts" is not an option. The options are: maxAttempts, ',
    ],
    [
      'an unknown hook',
      { subdomain, auth, hooks: { onRequest: () => {} } },
      '"hooks.onRequest" is not an option. The options are: onResponse, onRetry.',
    ],
    ['neither subdomain nor baseUrl', { auth }, 'Pass either subdomain, or baseUrl and tokenUrl.'],
    ['both', { subdomain, baseUrl: 'https://a.example', auth }, 'Pass either subdomain, or baseUrl'],
    [
      'a tokenUrl next to a subdomain',
      { subdomain, tokenUrl: 'https://a.example', auth },
      'Leave tokenUrl out',
    ],
    ['a host as a subdomain', { subdomain: 'acme.showpad.biz', auth }, 'one label of a host name'],
    ['a subdomain that leads elsewhere', { subdomain: 'evil.example/', auth }, 'one label of a host name'],
    [
      'a base URL that is none',
      { baseUrl: 'acme', auth },
      '"baseUrl" must be a URL that begins with https://',
    ],
    [
      'another protocol',
      { baseUrl: 'file:///etc', auth },
      '"baseUrl" must be a URL that begins with https://',
    ],
    [
      'credentials in a URL',
      { baseUrl: 'https://a:b@c.example', auth },
      'must not contain a user name, password, query',
    ],
    ['tokens over plain HTTP', { baseUrl: 'http://acme.api.showpad.com', auth }, 'must begin with https://'],
    [
      'a grant without a tokenUrl',
      { baseUrl: 'https://a.example', auth: PASSWORD_GRANT },
      '"tokenUrl" is missing',
    ],
    ['a store for a personal token', { subdomain, auth, tokenStore: {} }, 'Leave tokenStore out'],
    ['no auth', { subdomain }, '"auth" must be an object with a type, or a function'],
    [
      'an unknown type',
      { subdomain, auth: { type: 'toString' } },
      '"auth.type" must be one of \'personal-token\', ',
    ],
    [
      'an unknown field',
      { subdomain, auth: { ...auth, secret: 'x' } },
      '"auth.secret" is not an option. The options are: type, token.',
    ],
    [
      'a missing field',
      { subdomain, auth: grant },
      '"auth.password" must be text, but it is undefined. Is the environment variable set?',
    ],
    [
      'an empty field',
      { subdomain, auth: { ...auth, token: '' } },
      '"auth.token" must be text, but it is empty.',
    ],
    [
      'a token in quotes and spaces',
      { subdomain, auth: { ...auth, token: ' x ' } },
      '"auth.token" must be visible ASCII',
    ],
    ['no timeout', { subdomain, auth, timeoutMs: 0 }, '"timeoutMs" must be a number above 0 and below '],
    [
      'a timeout beyond any timer',
      { subdomain, auth, timeoutMs: 2 ** 31 },
      '"timeoutMs" must be a number above 0 and below ',
    ],
    [
      'an empty scope',
      { subdomain, auth: { ...PASSWORD_GRANT, scope: '' } },
      '"auth.scope" must be text, but it is empty.',
    ],
    [
      'a header shape that is no function',
      { subdomain, auth, assumptions: { readHeaders: 'x' } },
      '"assumptions.readHeaders" must be a function',
    ],
    [
      'no attempt',
      { subdomain, auth, retry: { maxAttempts: 0 } },
      '"retry.maxAttempts" must be a number above 0',
    ],
    [
      'an unknown assumption',
      { subdomain, auth, assumptions: { url: 'x' } },
      '"assumptions.url" is not an option. The options are: endpointField, ',
    ],
    [
      'an empty assumption',
      { subdomain, auth, assumptions: { itemsField: '' } },
      '"assumptions.itemsField" must be text',
    ],
    [
      'another update',
      { subdomain, auth, assumptions: { update: 'patch' } },
      "\"assumptions.update\" must be 'partial' or 'replace'",
    ],
  ])('%s', (_title, options, message) => {
    expect(() => create(options)).toThrow(TypeError);
    expect(() => create(options)).toThrow(message);
  });

  test('a token that is wrong without showing it', () => {
    const token = 'a token with spaces';
    expect(() => create({ subdomain, auth: { ...auth, token } })).toThrow(/^(?!.*a token with spaces)/);
  });
});

test('no file depends on Node, so that other runtimes can run the client', () => {
  const folder = new URL('../src/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  expect(files).toContain('index.ts');
  expect(files).toContain('http/exchange.ts');
  for (const file of files) {
    const code = readFileSync(new URL(file, folder), 'utf8').replace(/\/\*\*[\s\S]*?\*\//g, '');
    expect(code, file).not.toMatch(/'node:|\b(Buffer|process\.\w|global\b|require\(|setImmediate)/);
  }
});

test('the package exports two functions and one class, and everything else is a type', () => {
  expect(Object.keys(exported).sort()).toEqual(['ShowpadApiError', 'createClient', 'createMemoryTokenStore']);
});
