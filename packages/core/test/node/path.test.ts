import { checkPath, matchesPath, toHeaders } from '@showpad-webhooks/core/node';
import { describe, expect, test } from 'vitest';
import { openRequest } from './open-request.ts';

describe('matchesPath', () => {
  test.each([
    ['/hooks', '/hooks'],
    ['/hooks/', '/hooks'],
    ['/hooks', '/hooks/'],
    ['/hooks?type=a&b=/c', '/hooks'],
    ['/hooks/?a', '/hooks'],
    ['/hooks#a', '/hooks'],
    ['http://localhost:3000/hooks', '/hooks'],
    ['HTTPS://user@example.com/hooks/?a=b', '/hooks'],
    ['/', '/'],
    ['/?a', '/'],
    ['/h%6Foks', '/h%6Foks'],
  ])('takes %j for %j', (url, path) => {
    expect(matchesPath(url, path)).toBe(true);
  });

  test.each([
    ['/hook', '/hooks'],
    ['/hooks/more', '/hooks'],
    ['/hooksmore', '/hooks'],
    ['/a/hooks', '/hooks'],
    ['/HOOKS', '/hooks'],
    ['/h%6Foks', '/hooks'],
    ['//hooks', '/hooks'],
    ['/hooks//', '/hooks'],
    ['/a/../hooks', '/hooks'],
    ['/./hooks', '/hooks'],
    ['/hooks;a', '/hooks'],
    ['//localhost/hooks', '/hooks'],
    ['http://localhost/a/hooks', '/hooks'],
    ['hooks', '/hooks'],
    ['', '/hooks'],
    ['*', '/'],
    ['/hooks', '/'],
  ])('does not take %j for %j', (url, path) => {
    expect(matchesPath(url, path)).toBe(false);
  });
});

describe('checkPath', () => {
  test.each([undefined, '/', '/hooks', '/hooks/', '/a/b.c~d%20e'])('takes %j', (path) => {
    expect(() => checkPath(path)).not.toThrow();
  });

  test.each(['', 'hooks', '*', '/hooks?a', '/hooks#a', ' /hooks', null, 42, /hooks/, ['/hooks']])(
    'refuses %j, and shows one that would do',
    (path) => {
      expect(() => checkPath(path)).toThrow(
        new TypeError(
          'path must be a string that begins with "/" and has no query, such as "/webhooks/showpad".',
        ),
      );
    },
  );
});

test('toHeaders gives the headers of a request, or headers as they are', async () => {
  const { req } = await openRequest('POST / HTTP/1.1', 'Host: localhost', 'X-Extra: a', 'x-extra: b', '', '');
  expect(toHeaders(req)).toEqual({ host: 'localhost', 'x-extra': 'a, b' });
  expect(toHeaders(req.headers)).toBe(req.headers);
});
