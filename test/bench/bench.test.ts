import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventBody, SIZES } from './src/bodies.ts';
import { requestsFor } from './src/groups/http.ts';
import { exchange, open } from './src/http/load.ts';
import { SERVERS, type Variant } from './src/http/servers.ts';
import type { Case } from './src/measure.ts';
import { PEERS } from './src/peers.ts';
import { deliveries, type Incoming, octokitPipeline, ourPipeline, tampered } from './src/receivers.ts';
import { renderRun, replaceFigures } from './src/render.ts';
import type { Run } from './src/results.ts';
import { judge } from './src/targets.ts';

// A peer that fails would be fast. No test here looks at time.
const call = async ({ run, inputs }: Omit<Case, 'name'>) => run(inputs?.(1)[0]);

describe.each(PEERS)('$name', ({ prepare }) => {
  it.each(SIZES)('reads a body of %i bytes', async (bytes) => {
    const body = eventBody(bytes);
    expect(body).toHaveLength(bytes);
    expect(await call(prepare(body))).toMatchObject(JSON.parse(body.toString()));
  });
});

it.each(PEERS.filter(({ verifies }) => verifies))(
  '$name refuses a body tampered with',
  async ({ prepare }) => {
    const body = eventBody(1_024);
    await expect(call(prepare(body, tampered(body)))).rejects.toThrow(/signature/i);
  },
);

describe('pipelines', () => {
  it.each([false, true])('do as their names say (forged: %s)', async (isForged) => {
    await call(ourPipeline({ bytes: 1_024, isForged }) as Case);
    await call(octokitPipeline(1_024, isForged) as Case);
  });

  it('fail where a delivery is not handled', async () => {
    const [{ headers, body }] = deliveries(1, 1_024) as [Incoming];
    const { run: receive } = ourPipeline({ bytes: 1_024 });
    await expect(receive({ headers, body: tampered(body) })).rejects.toThrow('rejected, not handled');
  });
});

const servers = Object.entries(SERVERS).flatMap(([framework, variants]) =>
  Object.entries(variants).map(([variant, start]) => ({ framework, variant: variant as Variant, start })),
);
describe.each(servers)('$framework, $variant', ({ variant, start }) => {
  it('answers 200 to a delivery, and 4xx to one tampered with where it verifies', async () => {
    const { port, close } = await start();
    onTestFinished(close);
    const socket = await open(port);
    onTestFinished(() => void socket.destroy());
    const [genuine, other] = requestsFor(variant, 2) as [Buffer, Buffer];
    const answer = await exchange(socket, genuine);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/"handled"|\bok\b/); // and not ignored
    const wanted = variant === 'no verification' ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 4\d\d /;
    expect(await exchange(socket, tampered(other))).toMatch(wanted);
  });
});

const run: Run = {
  command: 'pnpm bench --json FILE',
  date: '2026-11-23',
  machine: '2 cores',
  node: '20.20.2',
  versions: { stripe: '23.1.0' },
  results: [
    { group: 'verify and parse', name: 'the limit', at: '1 kB', value: 1, unit: '×' },
    { group: 'verify and parse', name: 'the limit', at: '1 kB', value: 5_330, unit: 'ns' },
    { group: 'verify and parse', name: '@showpad-webhooks/core', at: '1 kB', value: 1.2, unit: '×' },
    { group: 'verify and parse', name: 'stripe', at: '1 kB', value: 1.8, unit: '×' },
  ],
};

describe('targets', () => {
  const verdicts = judge(run.results);
  const measured = verdicts.filter((verdict) => verdict.measured !== undefined);

  it('are judged by the figures, as they stand or to another row', () => {
    expect(measured.map(({ target, measured, isMet }) => [target.what, measured, isMet])).toEqual([
      ['verify and parse, to the limit', 1.2, true],
      ['stripe, to ours', 1.8 / 1.2, true],
    ]);
    const slower = run.results.map((result) => ({ ...result, value: result.value * 1.1 }));
    expect(judge(slower).find(({ target }) => target.name === '@showpad-webhooks/core')?.isMet).toBe(false);
  });

  it('are not met by what was not measured', () => {
    expect(verdicts.filter(({ measured, isMet }) => measured === undefined && isMet)).toEqual([]);
  });
});

describe('the page', () => {
  it('shows machine, versions, command and every figure', () => {
    const page = renderRun(run);
    expect(page).toContain('`pnpm bench --json FILE`, 2026-11-23: 2 cores, Node 20.20.2.');
    expect(page).toContain('stripe 23.1.0');
    expect(page).toMatch(/\| the limit +\| 1\.00 ×, 5\.33 µs \|/);
    expect(page).toMatch(/\| stripe +\| 1\.80 × +\|/);
  });

  it('takes new figures between its markers, and keeps the rest', () => {
    const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
    const once = replaceFigures(page, 'new figures');
    expect(once).toContain('new figures');
    expect(once.split('\n')[0]).toBe(page.split('\n')[0]);
    expect(replaceFigures(once, 'newer figures')).toBe(once.replace('new figures', 'newer figures'));
    expect(() => replaceFigures('no markers', '')).toThrow('the page has no');
  });
});
