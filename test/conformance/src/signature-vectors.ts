import { parseEvent, SIGNATURE_HEADER, TIMESTAMP_HEADER, verifySignature } from '@showpad-webhooks/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { head, open, readAll } from './http.ts';
import type { CreateServer, TestServer } from './server.ts';
import { PATH } from './support.ts';
import document from './vectors.json' with { type: 'json' };

export function signatureVectors(createServer: CreateServer): void {
  let server: TestServer;
  let current: (typeof document.vectors)[number];
  beforeAll(async () => {
    const options = { keys: () => current.keys, clock: () => current.now * 1000 };
    server = await createServer({ options, path: PATH, parser: 'none' });
  });
  afterAll(() => server.close());

  // HTTP removes white space around the value of a header, so these arrive as something else.
  const trimmed: Readonly<Record<string, string>> = {
    'timestamp " "': 'TIMESTAMP_MISSING',
    'timestamp "1669302166 "': 'SIGNATURE_MISMATCH',
  };

  test.each(document.vectors)('$name: $expect', async (vector) => {
    current = vector;
    const body = Buffer.from(vector.bodyBase64, 'base64');
    const socket = await open(server.url);
    const headers = {
      'content-type': 'application/json',
      'content-length': String(body.byteLength),
      connection: 'close',
      [TIMESTAMP_HEADER]: vector.timestamp,
      [SIGNATURE_HEADER]: vector.signature,
    };
    socket.write(Buffer.concat([head(server.url + PATH, headers), body]));
    const answer = await readAll(socket);
    const { code } = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as {
      code?: string;
    };
    expect(code ?? 'valid').toBe(trimmed[vector.name] ?? expectedCode(vector, body));
  });

  function expectedCode(vector: (typeof document.vectors)[number], body: Buffer): string {
    if (vector.expect === 'valid') return codeOf(body);
    return vector.expect === 'TIMESTAMP_IN_FUTURE' && isSigned(vector, body)
      ? 'CLOCK_SUSPECT'
      : vector.expect;
  }

  /** A receiver does not reject an authentic delivery from the future, because its own clock must be wrong. */
  function isSigned(
    { keys, timestamp, signature }: (typeof document.vectors)[number],
    body: Buffer,
  ): boolean {
    const headers = { [TIMESTAMP_HEADER]: timestamp, [SIGNATURE_HEADER]: signature };
    try {
      verifySignature({ body, headers, keys, nowMs: Number(timestamp) * 1000 });
      return true;
    } catch {
      return false;
    }
  }

  /** An authentic body need not be an event. */
  function codeOf(body: Buffer): string {
    try {
      parseEvent(body);
      return 'valid';
    } catch (error) {
      return (error as { code: string }).code;
    }
  }
}
