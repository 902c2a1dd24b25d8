import { afterAll, beforeAll, expect, test } from 'vitest';
import { FIDELITY_CASES, type FidelityCase, flipped, LIMIT_BYTES, sized } from './bodies.ts';
import { type Sendable, send } from './http.ts';
import type { CreateServer, TestServer } from './server.ts';
import { collectBodies, expectAnswer, KEY, PATH, signedBytes, useServers } from './support.ts';

/**
 * Names the bodies of `FIDELITY_CASES` whose exact bytes an adapter still has behind a parser, and those that the parser
 * answers itself with a 4xx. All others are lost, and must be answered 503.
 */
export interface BehindParser {
  /** `all` if the adapter comes first whatever the app does. */
  readonly kept: readonly string[] | 'all';
  readonly refused?: readonly string[];
}

export function bodyFidelity(createServer: CreateServer, leftOut: readonly string[]): void {
  const isLeftOut = ({ name }: FidelityCase) => leftOut.includes(name);
  let server: TestServer;
  let bodies: Buffer[];
  beforeAll(async () => {
    const options = { keys: KEY, ledger: false, maxBodyBytes: LIMIT_BYTES } as const;
    server = await createServer({ options, path: PATH, parser: 'none' });
    bodies = collectBodies(server);
  });
  afterAll(() => server.close());

  test.each(FIDELITY_CASES.filter((each) => !isLeftOut(each)))(
    'takes $name as it was sent, and rejects it with one bit flipped',
    async (each) => {
      const { body } = each;
      bodies.length = 0;
      await expectTaken(server, each);
      expectBytes(bodies, body);

      const forged = await send(server.url + PATH, { ...requestOf(each), body: flipped(body) });
      expectAnswer(forged, 401, 'rejected', 'SIGNATURE_MISMATCH');
      expect(bodies).toHaveLength(1);
    },
  );

  test.each(FIDELITY_CASES.filter(isLeftOut))('answers $name with 503, which is left out', async (each) => {
    const answer = await send(server.url + PATH, { ...requestOf(each), body: each.body });
    expectAnswer(answer, 503, 'unavailable', 'RAW_BODY_UNAVAILABLE');
  });
}

export function parserAfter(createServer: CreateServer): void {
  const start = useServers(createServer);

  test('takes a body of 1 MiB that the parser would refuse', async () => {
    const server = await start({ maxBodyBytes: LIMIT_BYTES }, { parser: 'after' });
    const bodies = collectBodies(server);
    const body = sized(LIMIT_BYTES);
    const answer = await send(server.url + PATH, signedBytes(body));
    expectAnswer(answer, 200, 'handled');
    expectBytes(bodies, body);
  });
}

export function parserBefore(
  createServer: CreateServer,
  { kept, refused = [] }: BehindParser,
  leftOut: readonly string[],
): void {
  const isKept = ({ name }: FidelityCase) => kept === 'all' || kept.includes(name);
  const isRefused = ({ name }: FidelityCase) => refused.includes(name);
  const isLost = (each: FidelityCase) => !isKept(each) && !isRefused(each) && !leftOut.includes(each.name);
  let server: TestServer;
  let bodies: Buffer[];
  const errors: string[] = [];
  beforeAll(async () => {
    const options = { keys: KEY, ledger: false, maxBodyBytes: LIMIT_BYTES } as const;
    server = await createServer({ options, path: PATH, parser: 'before' });
    bodies = collectBodies(server);
    server.receiver.onError(({ code, hint }) => errors.push(`${code}: ${hint}`));
  });
  afterAll(() => server.close());

  test('is described by names of cases', () => {
    const names = FIDELITY_CASES.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...(kept === 'all' ? [] : kept), ...refused]));
  });

  test.each(FIDELITY_CASES.filter(isKept))('leaves the exact bytes of $name', async (each) => {
    const { body } = each;
    bodies.length = 0;
    await expectTaken(server, each);
    expectBytes(bodies, body);

    const forged = await send(server.url + PATH, { ...requestOf(each), body: flipped(body) });
    // A flipped bit may break the JSON, which is then answered by the parser. What is added to an empty body may be lost.
    const isLostNow = kept !== 'all' && body.byteLength === 0 && forged.status === 503;
    if (isLostNow) expectAnswer(forged, 503, 'unavailable', 'RAW_BODY_UNAVAILABLE');
    else if (kept === 'all' || forged.status !== 400)
      expectAnswer(forged, 401, 'rejected', 'SIGNATURE_MISMATCH');
    else expect(forged.body).not.toContain('outcome');
    expect(bodies).toHaveLength(1);
  });

  test.each(FIDELITY_CASES.filter(isLost))('loses $name: 503 at once, and a hint', async (each) => {
    bodies.length = 0;
    errors.length = 0;
    const answer = await send(server.url + PATH, { ...requestOf(each), body: each.body });
    expectAnswer(answer, 503, 'unavailable', 'RAW_BODY_UNAVAILABLE');
    expect(errors).toEqual([expect.stringMatching(/^RAW_BODY_UNAVAILABLE: In this .* before the webhook/)]);
    expect(bodies).toEqual([]);
  });

  test.each(FIDELITY_CASES.filter(isRefused))('answers $name itself', async (each) => {
    bodies.length = 0;
    const { status, body } = await send(server.url + PATH, { ...requestOf(each), body: each.body });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body).not.toContain('outcome');
    expect(bodies).toEqual([]);
  });

  test('does not keep an unsigned delivery from being rejected', async () => {
    const body = Buffer.from('{"type":"fidelity","id":"1"}');
    const answer = await send(server.url + PATH, { body, headers: { 'content-type': 'application/json' } });
    expectAnswer(answer, 401, 'rejected', 'SIGNATURE_MISSING');
  });
}

async function expectTaken(server: TestServer, fidelityCase: FidelityCase): Promise<void> {
  const { body, isEvent = true } = fidelityCase;
  const answer = await send(server.url + PATH, { ...requestOf(fidelityCase), body });
  if (isEvent) expectAnswer(answer, 200, 'handled');
  else expectAnswer(answer, 400, 'rejected', 'BODY_INVALID');
}

/** Compares without printing a megabyte. */
function expectBytes(bodies: readonly Buffer[], body: Buffer): void {
  expect(bodies.map((each) => each.equals(body))).toEqual([true]);
}

/** The case's own headers next to the signature of its body, and nothing else. */
function requestOf({ body, headers, chunkBytes }: FidelityCase): Sendable {
  const { 'content-type': _, ...signature } = signedBytes(body).headers;
  return { headers: { ...signature, ...headers }, ...(chunkBytes !== undefined && { chunkBytes }) };
}
