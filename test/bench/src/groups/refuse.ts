import { createReceiver, parseEvent, verifySignature } from '@showpad-webhooks/core';
import { eventBody } from '../bodies.ts';
import { type Case, compare, type Pace, type Timing } from '../measure.ts';
import { KEY, showpadHeaders } from '../peers.ts';
import { limitPipeline, ourPipeline, tampered } from '../receivers.ts';
import type { Result } from '../results.ts';

const BYTES = 1_024;
const LARGE_BYTES = 262_144;

/** What a forger pays for nothing, and we pay for a forger: to accepting the same delivery. */
export async function measureRefuse(pace: Pace): Promise<Result[]> {
  const body = eventBody(BYTES);
  const headers = showpadHeaders(body);
  const misshapen = { ...headers, 'x-showpad-signature-v1': 'not a signature' };
  const verify = (name: string, received: Buffer, given: Record<string, string>): Case => ({
    name,
    run() {
      try {
        verifySignature({ body: received, headers: given, keys: KEY });
        return parseEvent(received);
      } catch (error) {
        return error;
      }
    },
  });

  const receiver = createReceiver({ keys: KEY });
  const refuseMisshapen = (received: Buffer): Case => ({
    name: 'a wrong header',
    run: () => receiver.receive({ method: 'POST', headers: misshapen, body: received }),
  });
  const large = eventBody(LARGE_BYTES);

  return [
    ...toResults(
      'verifySignature',
      await compare(
        [
          verify('accepted', body, headers),
          verify('a forgery', tampered(body), headers),
          verify('a wrong header', body, misshapen),
        ],
        pace,
      ),
    ),
    ...toResults(
      'receive()',
      await compare(
        [
          { ...ourPipeline({ bytes: BYTES }), name: 'accepted' },
          { ...ourPipeline({ bytes: BYTES, isForged: true }), name: 'a forgery' },
          refuseMisshapen(body),
        ],
        pace,
      ),
    ),
    ...toResults(
      '256 kB, to the limit',
      // Far below 1: nothing is hashed.
      (await compare([limitPipeline(LARGE_BYTES), refuseMisshapen(large)], pace)).slice(1),
    ),
  ];
}

function toResults(at: string, timings: readonly Timing[]): Result[] {
  return timings.map(({ name, ratio }) => ({ group: 'refusing', name, at, value: ratio, unit: '×' }));
}
