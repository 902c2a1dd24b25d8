import { afterAll, beforeAll, expect, test } from 'vitest';
import { FIDELITY_CASES, type FidelityCase, flipped, LIMIT_BYTES, sized } from './bodies.ts';
import { type Sendable, send } from './http.ts';
import type { CreateServer, TestServer } from './server.ts';
import { collectBodies, deliver, expectAnswer, KEY, PATH, signed, useServers } from './support.ts';

export function bodyFidelity(createServer: CreateServer): void {
  let server: TestServer;
  let bodies: Buffer[];
  beforeAll(async () => {
    server = await createServer({
      options: { keys: KEY, ledger: false, maxBodyBytes: LIMIT_BYTES },
      path: PATH,
      parser: 'none',
    });
    bodies = collectBodies(server);
  });
  afterAll(() => server.close());

  test.each(FIDELITY_CASES)(
    'takes $name as it was sent, and refuses it with one bit flipped',
    async (fidelityCase) => {
      const { body, isEvent = true } = fidelityCase;
      const request = requestOf(fidelityCase);

      bodies.length = 0;
      const answer = await send(server.url + PATH, { ...request, body });
      if (isEvent) expectAnswer(answer, 200, 'handled');
      else expectAnswer(answer, 400, 'rejected', 'BODY_INVALID');
      expect(bodies).toHaveLength(1);
      expect(bodies[0]?.equals(body)).toBe(true);

      const forged = await send(server.url + PATH, { ...request, body: flipped(body) });
      expectAnswer(forged, 401, 'rejected', 'SIGNATURE_MISMATCH');
      expect(bodies).toHaveLength(1);
    },
  );
}

export function parserAfter(createServer: CreateServer): void {
  const start = useServers(createServer);

  test('takes a body of 1 MiB that the parser would refuse', async () => {
    const server = await start({}, 'after');
    const bodies = collectBodies(server);
    const body = sized(LIMIT_BYTES);
    expectAnswer(await deliver(server, signed({}, body)), 200, 'handled');
    expect(bodies[0]?.equals(body)).toBe(true);
  });
}

export function parserBefore(createServer: CreateServer, isAlwaysFirst: boolean): void {
  let server: TestServer;
  let bodies: Buffer[];
  const hints: string[] = [];
  beforeAll(async () => {
    server = await createServer({ options: { keys: KEY, ledger: false }, path: PATH, parser: 'before' });
    bodies = collectBodies(server);
    server.receiver.onError((error) => hints.push(error.hint));
  });
  afterAll(() => server.close());

  const cases = FIDELITY_CASES.filter(({ passesParsers }) => isAlwaysFirst || passesParsers);

  test.each(cases)(
    'either has the exact bytes of $name, or answers 503 and says why',
    async (fidelityCase) => {
      const { body, isEvent = true } = fidelityCase;
      const request = requestOf(fidelityCase);
      bodies.length = 0;
      hints.length = 0;

      const answer = await send(server.url + PATH, { ...request, body });
      if (answer.status === 503 && !isAlwaysFirst) {
        expectAnswer(answer, 503, 'unavailable', 'RAW_BODY_UNAVAILABLE');
        expect(hints.join()).toMatch(/showpadWebhooks/);
        return;
      }
      if (isEvent) expectAnswer(answer, 200, 'handled');
      else expectAnswer(answer, 400, 'rejected', 'BODY_INVALID');
      expect(bodies[0]?.equals(body)).toBe(true);
      const forged = await send(server.url + PATH, { ...request, body: flipped(body) });
      expect([400, 401]).toContain(forged.status);
      expect(bodies).toHaveLength(1);
    },
  );

  test('refuses an unsigned delivery all the same', async () => {
    const body = Buffer.from('{"type":"fidelity","id":"1"}');
    const answer = await send(server.url + PATH, { body, headers: { 'content-type': 'application/json' } });
    expectAnswer(answer, 401, 'rejected', 'SIGNATURE_MISSING');
  });
}

/** The case's own headers beside the signature of its body, and nothing else. */
function requestOf({ body, headers, chunkBytes }: FidelityCase): Sendable {
  const { 'content-type': _, ...signature } = signed({}, body).headers;
  return { headers: { ...signature, ...headers }, ...(chunkBytes !== undefined && { chunkBytes }) };
}
