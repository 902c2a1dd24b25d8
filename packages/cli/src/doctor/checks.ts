import { type EventJson, sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { newEvent } from '../input/event-types.ts';

interface Delivery {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What the deliveries are made from. */
export interface Subject {
  readonly key: string;
  /** The event of the good delivery and of its duplicate. */
  readonly event: EventJson;
  readonly nowSeconds: number;
}

/** One delivery, and the answer that keeps events safe. */
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly send: (subject: Subject) => Delivery;
  /**
   * `accept` is a 2xx, `refuse` a 4xx, and `reject` anything but a 2xx, such as a closed connection. `keep` is a 2xx, or
   * a 5xx after which Showpad sends the event again.
   */
  readonly expect: 'accept' | 'refuse' | 'reject' | 'keep';
  /** What a wrong answer leads to. */
  readonly why: string;
  readonly fix: string;
}

export const TYPE = 'shared-space-user-added';
const HOUR_SECONDS = 3_600;
const ANOTHER_KEY = 'the-key-of-no-subscription';
const FORGERY = 'Anyone who knows the URL can send events that your app believes.';
const KEEP_BYTES =
  'Verify the raw bytes, before any parser. The README of your framework’s package shows how.';

/** Signs a new event as Showpad does. Most of the sample's data stays as it is, because the app handles it. */
function good({ key, nowSeconds }: Subject, changes: Readonly<Record<string, unknown>> = {}): Delivery {
  const data = { ...sampleEvent(TYPE).data, ...changes };
  return signedDelivery(TYPE, { key, timestampSeconds: nowSeconds, data });
}

/** Signs any bytes. */
function signed({ key, nowSeconds }: Subject, body: string): Delivery {
  return signedDelivery({ body }, { key, timestampSeconds: nowSeconds });
}

function without(delivery: Delivery, prefix: string): Delivery {
  const kept = Object.entries(delivery.headers).filter(([name]) => !name.startsWith(prefix));
  return { ...delivery, headers: Object.fromEntries(kept) };
}

/** The others show nothing about an endpoint that does not accept this one. */
export const GOOD: Check = {
  id: 'good',
  title: 'an authentic delivery',
  send: ({ key, event, nowSeconds }) => signedDelivery(event, { key, timestampSeconds: nowSeconds }),
  expect: 'accept',
  why: 'No event arrives.',
  fix: 'Check the URL, and look at the log of the app.',
};

export const CHECKS: readonly Check[] = [
  {
    id: 'duplicate',
    title: 'the same event again',
    send: GOOD.send,
    expect: 'accept',
    why: 'Showpad sends an event again if it believes that the first delivery failed. An error for the duplicate keeps it trying.',
    fix: 'Answer 2xx to an event that was already handled.',
  },
  {
    id: 'forged',
    title: 'a delivery signed with another key',
    send: ({ nowSeconds }) => signedDelivery(TYPE, { key: ANOTHER_KEY, timestampSeconds: nowSeconds }),
    expect: 'refuse',
    why: FORGERY,
    fix: 'Verify the signature before anything else, and answer 401 if it does not match.',
  },
  {
    id: 'unsigned',
    title: 'a delivery without a signature',
    send: (subject) => without(good(subject), 'x-showpad-'),
    expect: 'refuse',
    why: FORGERY,
    fix: 'Answer 401 to a delivery without a signature.',
  },
  {
    id: 'tampered',
    title: 'a delivery changed after it was signed',
    send: (subject) => {
      const delivery = good(subject);
      return { ...delivery, body: Buffer.concat([delivery.body, Buffer.from(' ')]) };
    },
    expect: 'refuse',
    why: 'The signature is not checked over the exact bytes that arrived.',
    fix: KEEP_BYTES,
  },
  {
    id: 'stale',
    title: 'a delivery signed an hour ago',
    send: (subject) => good({ ...subject, nowSeconds: subject.nowSeconds - HOUR_SECONDS }),
    expect: 'refuse',
    why: 'Anyone who captured a delivery can send it again at any time.',
    fix: 'Answer 401 to a timestamp that is more than 5 minutes old.',
  },
  {
    id: 'future',
    title: 'a delivery signed an hour ahead',
    send: (subject) => good({ ...subject, nowSeconds: subject.nowSeconds + HOUR_SECONDS }),
    expect: 'reject',
    why: 'A captured delivery stays valid for longer than 5 minutes.',
    fix: 'Do not accept a timestamp that is more than 5 minutes in the future. Answer 401, or 503 if its signature is right, because then your own clock may be wrong.',
  },
  {
    id: 're-spaced',
    title: 'authentic JSON with unusual spacing',
    send: (subject) =>
      signed(subject, `${JSON.stringify(newEvent(TYPE), null, 3).replaceAll('@', '\\u0040')}\r\n`),
    expect: 'accept',
    why: 'The signature is checked over JSON that was parsed and written again. It fails as soon as Showpad writes JSON in another way.',
    fix: KEEP_BYTES,
  },
  {
    id: 'unicode',
    title: 'authentic text beyond ASCII',
    send: (subject) =>
      good(subject, { sharedSpace: { ...sampleEvent(TYPE).data.sharedSpace, name: 'Ünïcødé ☃ 😀' } }),
    expect: 'accept',
    why: 'Events with such names are lost.',
    fix: 'Do not turn the body into text before the signature is verified.',
  },
  {
    id: 'several-signatures',
    title: 'several signatures, the right one last',
    send: ({ key, nowSeconds }) =>
      signedDelivery(TYPE, { key: [ANOTHER_KEY, key], timestampSeconds: nowSeconds }),
    expect: 'accept',
    why: 'Events are lost while a key is being replaced.',
    fix: 'Read the header as a list with commas. One matching signature is enough.',
  },
  {
    id: 'unknown-type',
    title: 'an authentic event of an unknown type',
    send: (subject) => signed(subject, JSON.stringify({ ...newEvent(TYPE), type: 'never-seen-before' })),
    expect: 'accept',
    why: 'An event that your app does not need is no error. A 5xx makes Showpad send it again, and any error makes a healthy endpoint look broken.',
    fix: 'Answer 2xx to types that you do not handle.',
  },
  {
    id: 'handler-failing',
    title: 'an authentic event without data, on which a handler may fail',
    send: (subject) => signed(subject, JSON.stringify({ ...newEvent(TYPE), data: null })),
    expect: 'keep',
    why: 'If a handler fails and the answer is not a 5xx, Showpad does not retry: the event is lost.',
    fix: 'Answer 5xx if a handler throws, whatever status its error has. Answer 422 only if no retry can help.',
  },
  {
    id: 'large',
    title: 'an authentic body of 200 kB',
    send: (subject) => good(subject, { filler: 'x'.repeat(200_000) }),
    expect: 'accept',
    why: 'Large events are lost, because Showpad never retries a 413. The body parsers of Express and Nest refuse more than 100 kB by default.',
    fix: 'Mount the webhook before any body parser, and check the limit of the proxy.',
  },
  {
    id: 'oversized',
    title: 'a forged body of 8 MB',
    send: ({ nowSeconds }) =>
      signedDelivery({ body: 'x'.repeat(8_000_000) }, { key: ANOTHER_KEY, timestampSeconds: nowSeconds }),
    expect: 'reject',
    why: 'Anyone can fill the memory of the app.',
    fix: 'Limit how many bytes are read.',
  },
];

/** What no answer shows without help from the app. */
export const UNCHECKED: readonly string[] = [
  'A failing handler is answered with a 5xx. A handler that accepts missing data did not fail here.',
  'An event is handled once, even by several processes and after a restart.',
  'A deploy loses no event. Showpad gives up after about 15 s. "deploy-check" tries it.',
];
