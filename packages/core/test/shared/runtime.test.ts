import { afterEach, expect, test, vi } from 'vitest';
import { isCloudflareWorkers } from '../../src/shared/runtime.ts';

afterEach(() => vi.unstubAllGlobals());

test.each([
  [{ userAgent: 'Cloudflare-Workers' }, true],
  [{ userAgent: 'Node.js/24' }, false],
  [{}, false],
  [undefined, false],
])('with the navigator %j this is Cloudflare Workers: %s', (navigator, isThat) => {
  vi.stubGlobal('navigator', navigator);
  expect(isCloudflareWorkers()).toBe(isThat);
});
