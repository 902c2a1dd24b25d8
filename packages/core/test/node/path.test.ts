import { checkPath, matchesPath } from '@showpad-webhooks/core/node';
import { describe, expect, test } from 'vitest';

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
  ])('accepts %j as %j', (url, path) => {
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
    ['', '/'],
    ['*', '/'],
    ['/hooks', '/'],
  ])('does not accept %j as %j', (url, path) => {
    expect(matchesPath(url, path)).toBe(false);
  });
});

describe('checkPath', () => {
  test.each(['/', '/hooks', '/hooks/', '/a/b.c~d%20e'])('accepts %j', (path) => {
    expect(() => checkPath(path)).not.toThrow();
  });

  test.each([undefined, '', 'hooks', '*', '/hooks?a', '/hooks#a', ' /hooks', null, 42, /hooks/, ['/hooks']])(
    'rejects %j, and shows a path that would be right',
    (path) => {
      expect(() => checkPath(path)).toThrow(
        new TypeError(
          'The option "path" must be text that begins with "/" and has no query, such as "/webhooks/showpad".',
        ),
      );
    },
  );
});
