import { matchesPath } from '@showpad-webhooks/core/node';
import { expect, test } from 'vitest';

test.each([
  ['all of the mount', '/', '/webhooks/showpad', '/webhooks/showpad'],
  ['all of the mount and the rest', '/showpad', '/webhooks/showpad', '/webhooks/showpad'],
  ['only the last mount', '/', '/webhooks/showpad', '/showpad'],
  ['only the last mount and the rest', '/showpad', '/api/webhooks/showpad', '/webhooks/showpad'],
  ['nothing of the mount', '/showpad', '/webhooks/showpad', '/showpad'],
  ['nothing at all', '/', '/webhooks/showpad', '/'],
  ['a trailing slash', '/showpad/?a', '/webhooks/showpad/?a', '/webhooks/showpad'],
  ['a query', '/?a=/b', '/webhooks/showpad?a=/b', '/webhooks/showpad/'],
  ['an absolute URL', 'http://localhost/', 'http://localhost/webhooks/showpad', '/webhooks/showpad'],
])('the path may contain %s', (_what, url, originalUrl, path) => {
  expect(matchesPath(url, path, originalUrl)).toBe(true);
});

test.each([
  ['a part of a name', '/pad', '/webhooks/showpad/pad', '/showpad'],
  ['the end of a name', '/', '/webhooks/showpad', '/pad'],
  ['more than the mount', '/more', '/webhooks/showpad/more', '/webhooks/showpad'],
  ['the mount alone', '/showpad', '/webhooks/showpad', '/webhooks'],
  ['a path that was rewritten', '/internal', '/webhooks/showpad', '/webhooks/showpad'],
  ['a doubled slash', '//showpad', '/webhooks//showpad', '/showpad'],
  ['other letters', '/', '/WEBHOOKS/showpad', '/webhooks/showpad'],
  ['the root of another path', '/other', '/webhooks/other', '/'],
])('is not taken for the path: %s', (_what, url, originalUrl, path) => {
  expect(matchesPath(url, path, originalUrl)).toBe(false);
});

test('without a mount, only the whole path matches', () => {
  expect(matchesPath('/webhooks/showpad', '/showpad', '/webhooks/showpad')).toBe(false);
  expect(matchesPath('/webhooks/showpad', '/webhooks/showpad', '/webhooks/showpad')).toBe(true);
});
