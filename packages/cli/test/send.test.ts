import { expect, test } from 'vitest';
import { isAnswer, send } from '../src/http/send.ts';
import { openServer } from './open-endpoint.ts';

test('an answer without an end is read up to 1 MiB', async () => {
  const url = await openServer((_req, res) => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    const write = () => {
      while (!res.destroyed && res.write(piece));
    };
    res.on('drain', write).on('error', () => {});
    write();
  });
  const { signal } = new AbortController();
  const result = await send({
    url: new URL(url),
    method: 'POST',
    headers: {},
    body: Buffer.alloc(0),
    signal,
  });
  expect(isAnswer(result) && result.body.byteLength).toBe(1024 * 1024);
});
