import { randomUUID } from 'node:crypto';
import { SIGNATURE_HEADER, sign, TIMESTAMP_HEADER } from '@showpad-webhooks/core';
import type { EmulatorAssumptions } from '../assumptions.ts';
import type { StoredSubscription } from '../subscriptions.ts';
import type { AttemptSignature } from './attempt.ts';
import type { Transport } from './send.ts';

const PREVIEWED_CHARACTERS = 400;

/** What is about to be sent. Faults change it. */
export interface Plan {
  /** The bytes that are signed. */
  body: Buffer;
  /** The bytes that are sent, if they differ from the signed ones. */
  tamperedBody: Buffer | undefined;
  /** Each key makes one signature. */
  keys: readonly { readonly label: 'current' | 'another'; readonly key: string }[];
  skewSeconds: number;
  /** Headers that replace the usual ones. Undefined leaves a header out. */
  headers: Record<string, string | undefined>;
  transport: Transport;
  isDropped: boolean;
  delayMs: number;
  /** How long the delivery waits at most to be overtaken by another one to the same endpoint. */
  heldMs: number | undefined;
  /** How many times the same event is sent again, and after how long. */
  copies: { readonly count: number; readonly afterMs: number } | undefined;
  /** How many more events of the type are sent at once. */
  burst: number;
}

export function createPlan(body: Buffer, signatureKey: string): Plan {
  return {
    body,
    tamperedBody: undefined,
    keys: [{ label: 'current', key: signatureKey }],
    skewSeconds: 0,
    headers: {},
    transport: { kind: 'whole' },
    isDropped: false,
    delayMs: 0,
    heldMs: undefined,
    copies: undefined,
    burst: 0,
  };
}

export interface SignedRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly signature: AttemptSignature;
}

/** Makes the request of a plan, signed at `timestampSeconds`. */
export function signPlan(
  plan: Plan,
  { url: target, method, headers }: StoredSubscription,
  type: string,
  timestampSeconds: number,
  assumptions: EmulatorAssumptions,
): SignedRequest {
  const url = new URL(target);
  const hasBody = method === 'POST' || assumptions.getDelivery === 'body';
  if (!hasBody && assumptions.getDelivery === 'type-in-query') url.searchParams.set('type', type);
  const signed = hasBody ? plan.body : Buffer.alloc(0);
  const body = hasBody ? (plan.tamperedBody ?? signed) : signed;
  const seconds = timestampSeconds + plan.skewSeconds;
  const all: Record<string, string | undefined> = {
    host: url.host,
    'user-agent': assumptions.userAgent,
    ...(hasBody && { 'content-type': assumptions.contentType, 'content-length': `${body.byteLength}` }),
    ...Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value])),
    [TIMESTAMP_HEADER]: `${seconds}`,
    [SIGNATURE_HEADER]: plan.keys.map(({ key }) => sign(signed, key, seconds)).join(','),
    ...plan.headers,
    connection: 'close',
  };
  const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const text = signed.subarray(0, PREVIEWED_CHARACTERS).toString();
  const isCut = signed.byteLength > PREVIEWED_CHARACTERS;
  return {
    url,
    method,
    headers: Object.fromEntries(sent),
    body,
    signature: {
      signedBytesPreview: `${text}${isCut ? '…' : ''}.${seconds}`,
      timestamp: `${seconds}`,
      keyUsed: plan.keys.map(({ label }) => label).join(', '),
    },
  };
}

/** Changes the event in a body. A body that is not a JSON object stays as it is. */
export function editEvent(body: Buffer, edit: (event: Record<string, unknown>) => unknown): Buffer {
  try {
    const event: unknown = JSON.parse(body.toString());
    if (typeof event !== 'object' || event === null || Array.isArray(event)) return body;
    return Buffer.from(JSON.stringify(edit(event as Record<string, unknown>)));
  } catch {
    return body;
  }
}

export function withNewId(body: Buffer): Buffer {
  return editEvent(body, (event) => ({ ...event, id: randomUUID() }));
}

/** The id in a body, if it is an event. */
export function eventIdOf(body: Buffer): string | undefined {
  let found: unknown;
  editEvent(body, ({ id }) => (found = id));
  return typeof found === 'string' && found !== '' ? found : undefined;
}
