import type { CreateServer } from '@showpad-webhooks/conformance';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test } from 'vitest';
import { clock, event, KEY, NOW_SECONDS } from './entry.ts';
import type { Transport, Upload } from './transport/transport.ts';
import { watchHeld } from './watch-held.ts';

const PATH = '/webhooks/showpad';
const MOST_BYTES = 1_000_000;
const UPLOAD_BYTES = 300_000;

/** Floods an adapter with large uploads that never end. What they hold together is limited, and honest deliveries get through. */
export function defineFloodSuite(
  createServer: CreateServer,
  { send, upload, chunk, unknownLength }: Transport,
): void {
  describe('uploads whose last byte is withheld', () => {
    const delivery = signedDelivery(
      { body: event('x'.repeat(UPLOAD_BYTES - event('').length)) },
      { key: KEY, timestampSeconds: NOW_SECONDS },
    );
    const declared = {
      ...delivery,
      headers: { ...delivery.headers, 'content-length': String(UPLOAD_BYTES) },
    };

    async function fill() {
      const watch = watchHeld();
      const options = {
        keys: KEY,
        ledger: false,
        clock,
        maxBytesInFlight: MOST_BYTES,
        telemetry: watch.telemetry,
      } as const;
      const server = await createServer({ options, path: PATH, parser: 'after' });
      const handled: string[] = [];
      server.receiver.onAny(({ id }) => handled.push(id));
      const url = server.url + PATH;
      const uploads: Upload[] = [];
      while (watch.now() + UPLOAD_BYTES <= MOST_BYTES) {
        const before = watch.now();
        const sending = await upload(url, declared);
        uploads.push(sending);
        await sending.write(delivery.body.subarray(0, -1));
        while (watch.now() < before + UPLOAD_BYTES - 1) await new Promise(setImmediate);
      }
      const close = async () => {
        for (const each of uploads) each.destroy();
        await server.close();
      };
      return { url, uploads, watch, handled, close };
    }

    test('are answered 503 before their bodies are read, if there is no room', async () => {
      const { url, watch, close } = await fill();
      try {
        const before = watch.now();
        for (let count = 0; count < 20; count++) {
          const refused = await upload(url, declared);
          await refused.until('OVERLOADED');
          refused.destroy();
        }
        expect(watch.now()).toBe(before);
      } finally {
        await close();
      }
    });

    test('are answered 503 as soon as there is no room, if they declare no length', async () => {
      const { url, watch, close } = await fill();
      try {
        const refused = await upload(url, {
          ...delivery,
          headers: { ...delivery.headers, ...unknownLength },
        });
        await refused.write(chunk(delivery.body.subarray(0, -1)));
        await refused.until('OVERLOADED');
        refused.destroy();
        expect(watch.most()).toBeLessThanOrEqual(MOST_BYTES);
      } finally {
        await close();
      }
    });

    test('do not keep out deliveries for which there is room, and room is free when they end', async () => {
      const { url, uploads, handled, close } = await fill();
      try {
        const small = signedDelivery({ body: event('small') }, { key: KEY, timestampSeconds: NOW_SECONDS });
        expect((await send(url, small)).status).toBe(200);
        expect(await send(url, delivery)).toMatchObject({ status: 503 });
        uploads[0]?.destroy();
        // The server hears a little later that the connection is closed. The time limit of the test is the deadline.
        while ((await send(url, delivery)).status === 503) await new Promise(setImmediate);
        expect(handled).toHaveLength(2);
      } finally {
        await close();
      }
    });
  });
}
