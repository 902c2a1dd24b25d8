import { createReceiver, parseEvent, SIGNATURE_HEADER, verifySignature } from '@showpad-webhooks/core';
import { eventBody } from '../bodies.ts';
import { type Case, compare, type Pace } from '../measure.ts';
import { TABLES } from '../names.ts';
import { KEY, showpadHeaders } from '../peers.ts';
import { limitPipeline, ourPipeline, tampered } from '../receivers.ts';
import type { Result } from '../results.ts';
import { ratios } from '../timing-results.ts';

const BYTES = 1_024;
const LARGE_BYTES = 262_144;
const ACCEPTED = 'an accepted delivery';
const FORGERY = 'a forgery';
const MALFORMED = 'a malformed signature';

/** Measures what a forger can make us spend, compared to the same delivery if it is accepted. */
export async function measureReject(pace: Pace): Promise<Result[]> {
  return [
    ...ratios(TABLES.reject, 'verifySignature()', await compare(verifyCases(), pace)),
    ...ratios(TABLES.reject, 'receive()', await compare(receiveCases(), pace)),
    ...(await measureLargeBody(pace)),
  ];
}

function verifyCases(): Case[] {
  const body = eventBody(BYTES);
  const headers = showpadHeaders(body);
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
  return [
    verify(ACCEPTED, body, headers),
    verify(FORGERY, tampered(body), headers),
    verify(MALFORMED, body, malformed(headers)),
  ];
}

// biome-ignore lint/suspicious/noExplicitAny: each case has its own type of input.
function receiveCases(): Case<any>[] {
  return [
    { ...ourPipeline({ bytes: BYTES }), name: ACCEPTED },
    { ...ourPipeline({ bytes: BYTES, isForged: true }), name: FORGERY },
    malformedCase(BYTES),
  ];
}

/** The ratio is far below 1, because a malformed signature is rejected before anything is hashed. */
async function measureLargeBody(pace: Pace): Promise<Result[]> {
  const [, ...timings] = await compare([limitPipeline(LARGE_BYTES), malformedCase(LARGE_BYTES)], pace);
  return ratios(TABLES.reject, '256 kB, compared to the limit', timings);
}

function malformedCase(bytes: number): Case {
  const receiver = createReceiver({ keys: KEY });
  const body = eventBody(bytes);
  const headers = malformed(showpadHeaders(body));
  return { name: MALFORMED, run: () => receiver.receive({ method: 'POST', headers, body }) };
}

function malformed(headers: Record<string, string>): Record<string, string> {
  return { ...headers, [SIGNATURE_HEADER]: 'not a signature' };
}
