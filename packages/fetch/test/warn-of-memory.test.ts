import { createReceiver } from '@showpad-webhooks/core';
import { expect, test, vi } from 'vitest';
import { type Runtime, warnOfMemory } from '../src/warn-of-memory.ts';

/** The module warns once, so each test has a fresh one. */
async function warningsOn(runtime: Runtime, source: object = {}): Promise<unknown[]> {
  vi.resetModules();
  const fresh = (await import('../src/warn-of-memory.ts')) as { warnOfMemory: typeof warnOfMemory };
  const emitWarning = vi.fn();
  const given = { ...runtime, process: { ...runtime.process, emitWarning } };
  fresh.warnOfMemory(source, given);
  fresh.warnOfMemory(source, given);
  return emitWarning.mock.calls.map(([warning]) => warning);
}

test.each([
  ['AWS_LAMBDA_FUNCTION_NAME', 'AWS Lambda'],
  ['VERCEL', 'Vercel'],
  ['KUBERNETES_SERVICE_HOST', 'Kubernetes'],
  ['NODE_APP_INSTANCE', 'a PM2 cluster'],
])('warns once where %s is set', async (name, platform) => {
  const warnings = await warningsOn({ process: { env: { [name]: 'x' } } });
  expect(warnings).toEqual([expect.stringMatching(`^The app seems to run on ${platform}, `)]);
});

test('warns on Cloudflare Workers', async () => {
  const warnings = await warningsOn({ navigator: { userAgent: 'Cloudflare-Workers' } });
  expect(warnings).toEqual([expect.stringContaining('Cloudflare Workers')]);
});

test.each([
  ['with a ledger', { ledger: createReceiver }],
  ['with ledger: false', { ledger: false }],
  ['with an inbox', { inbox: {} }],
])('does not warn %s', async (_what, source) => {
  expect(await warningsOn({ process: { env: { VERCEL: '1' } } }, source)).toEqual([]);
});

test('does not warn on a machine of your own', async () => {
  expect(await warningsOn({ process: { env: { PATH: '/bin' } } })).toEqual([]);
});
