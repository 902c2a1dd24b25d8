import { sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';

/** What is sent. */
interface Delivery {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What is known of an endpoint, for the deliveries to be made. */
export interface Subject {
  readonly key: string;
  /** The id of the good delivery's event. */
  readonly eventId: string;
  readonly nowSeconds: number;
}

/** One delivery, and the answer that keeps events safe. */
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly send: (subject: Subject) => Delivery;
  /** `accept`: 2xx. `refuse`: 4xx. `reject`: anything but 2xx, a closed connection too. `keep`: 2xx, or 5xx to have it again. */
  readonly expect: 'accept' | 'refuse' | 'reject' | 'keep';
  /** What a wrong answer does. */
  readonly why: string;
  readonly mend: string;
}

const TYPE = 'shared-space-user-added';
const HOUR_SECONDS = 3_600;
const ANOTHER_KEY = 'the-key-of-no-subscription';
const KEEP_BYTES = 'Verify the raw bytes, before any parser: see the README of your framework’s package.';

/** A new event, signed as Showpad signs. What is changed leaves the sample's data whole, for the app handles it. */
function good({ key, nowSeconds }: Subject, changes: Readonly<Record<string, unknown>> = {}): Delivery {
  const data = { ...sampleEvent(TYPE).data, ...changes };
  return signedDelivery(TYPE, { key, timestampSeconds: nowSeconds, data });
}

/** Signed, whatever the bytes are. */
function signed({ key, nowSeconds }: Subject, body: string): Delivery {
  return signedDelivery(Buffer.from(body), { key, timestampSeconds: nowSeconds });
}

function without(delivery: Delivery, prefix: string): Delivery {
  const kept = Object.entries(delivery.headers).filter(([name]) => !name.startsWith(prefix));
  return { ...delivery, headers: Object.fromEntries(kept) };
}

function newEvent(): Record<string, unknown> {
  return { ...sampleEvent(TYPE), id: crypto.randomUUID() };
}

/** The first must pass for the others to tell anything. */
export const GOOD: Check = {
  id: 'good',
  title: 'an authentic delivery',
  send: ({ key, eventId: id, nowSeconds: timestampSeconds }) =>
    signedDelivery(TYPE, { key, id, timestampSeconds }),
  expect: 'accept',
  why: 'No event arrives.',
  mend: '401: the key, or raw bytes that a parser has changed. 404: the path. 5xx: see the app’s log.',
};

export const CHECKS: readonly Check[] = [
  {
    id: 'duplicate',
    title: 'the same event again',
    send: GOOD.send,
    expect: 'accept',
    why: 'Showpad sends again what it thinks failed: an error for a duplicate makes it do so once more.',
    mend: 'Answer 2xx to an event that was completed before.',
  },
  {
    id: 'forged',
    title: 'a delivery signed with another key',
    send: ({ nowSeconds }) => signedDelivery(TYPE, { key: ANOTHER_KEY, timestampSeconds: nowSeconds }),
    expect: 'refuse',
    why: 'Anyone who knows the URL can make events.',
    mend: 'Verify the signature before anything else, and answer 401.',
  },
  {
    id: 'unsigned',
    title: 'a delivery without a signature',
    send: (subject) => without(good(subject), 'x-showpad-'),
    expect: 'refuse',
    why: 'Anyone who knows the URL can make events.',
    mend: 'Refuse what has no signature, with 401.',
  },
  {
    id: 'tampered',
    title: 'a delivery changed after it was signed',
    send: (subject) => {
      const delivery = good(subject);
      return { ...delivery, body: Buffer.concat([delivery.body, Buffer.from(' ')]) };
    },
    expect: 'refuse',
    why: 'The signature is checked over something else than the bytes that came.',
    mend: KEEP_BYTES,
  },
  {
    id: 'stale',
    title: 'a delivery signed an hour ago',
    send: (subject) => good({ ...subject, nowSeconds: subject.nowSeconds - HOUR_SECONDS }),
    expect: 'refuse',
    why: 'Who has captured a delivery can send it again for ever.',
    mend: 'Refuse a timestamp older than 5 minutes, with 401.',
  },
  {
    id: 'future',
    title: 'a delivery signed an hour ahead',
    send: (subject) => good({ ...subject, nowSeconds: subject.nowSeconds + HOUR_SECONDS }),
    expect: 'refuse',
    why: 'A captured delivery stays good for longer than 5 minutes.',
    mend: 'Refuse a timestamp more than 5 minutes ahead, with 401.',
  },
  {
    id: 're-spaced',
    title: 'authentic JSON, written in an unusual way',
    send: (subject) =>
      signed(subject, `${JSON.stringify(newEvent(), null, 3).replaceAll('@', '\\u0040')}\r\n`),
    expect: 'accept',
    why: 'The signature is checked over JSON written anew: it fails as soon as Showpad writes it otherwise.',
    mend: KEEP_BYTES,
  },
  {
    id: 'unicode',
    title: 'authentic text beyond ASCII',
    send: (subject) =>
      good(subject, { sharedSpace: { ...sampleEvent(TYPE).data.sharedSpace, name: 'Ünïcødé ☃ 😀' } }),
    expect: 'accept',
    why: 'Events with such names are lost.',
    mend: 'Never turn the body into text before it is verified.',
  },
  {
    id: 'several-signatures',
    title: 'several signatures, the right one last',
    send: ({ key, nowSeconds }) =>
      signedDelivery(TYPE, { key: [ANOTHER_KEY, key], timestampSeconds: nowSeconds }),
    expect: 'accept',
    why: 'Events are lost while keys are rotated.',
    mend: 'Read the header as a list by commas: one signature that matches is enough.',
  },
  {
    id: 'unknown-type',
    title: 'an authentic event of a type that is new',
    send: (subject) => signed(subject, JSON.stringify({ ...newEvent(), type: 'never-seen-before' })),
    expect: 'accept',
    why: 'Showpad adds types; an error for one is retried for nothing.',
    mend: 'Answer 2xx to types that you do not handle.',
  },
  {
    id: 'handler-failing',
    title: 'an authentic event without data, on which a handler may fail',
    send: (subject) => signed(subject, JSON.stringify({ ...newEvent(), data: null })),
    expect: 'keep',
    why: 'A 4xx for a handler that failed is never retried: the event is lost.',
    mend: 'Answer 5xx where a handler throws, whatever its error says. 422 only where no retry can help.',
  },
  {
    id: 'large',
    title: 'an authentic body of 200 kB',
    send: (subject) => good(subject, { filler: 'x'.repeat(200_000) }),
    expect: 'accept',
    why: 'A 413 is never retried: large events are lost. Parsers of Express and Nest refuse more than 100 kB.',
    mend: 'Mount the webhook route before any body parser.',
  },
  {
    id: 'oversized',
    title: 'a forged body of 8 MB',
    send: ({ nowSeconds }) =>
      signedDelivery(Buffer.alloc(8_000_000, 'x'), { key: ANOTHER_KEY, timestampSeconds: nowSeconds }),
    expect: 'reject',
    why: 'Anyone can fill the memory.',
    mend: 'Limit the size of what is read.',
  },
];

/** What no answer can show without the app's help. */
export const UNCHECKED: readonly string[] = [
  'that a handler which fails is answered 5xx: one that copes with missing data has not failed here',
  'that an event is handled once by several processes, and after a restart',
  'that a deploy loses nothing: Showpad gives up after about 15 s',
];
