import { type SignedDelivery, signedDelivery } from '@showpad-webhooks/core/testing';
import { KEY, NOW_SECONDS, TYPE } from '../entry.ts';

/** Deliveries that are sent one after another, and the answer that each must get. */
export interface Replay {
  readonly name: string;
  readonly deliveries: () => readonly {
    readonly delivery: SignedDelivery;
    readonly path?: string;
    readonly expected: string;
  }[];
  readonly reason: string;
}

const signed = (id: string, timestampSeconds = NOW_SECONDS, data: unknown = 1) =>
  signedDelivery({ type: TYPE, id, data }, { key: KEY, timestampSeconds });

export const REPLAYS: readonly Replay[] = [
  {
    name: 'replay: the same delivery again',
    deliveries: () => {
      const delivery = signed('replay-1');
      return [
        { delivery, expected: '200 handled' },
        { delivery, expected: '200 duplicate' },
        { delivery, expected: '200 duplicate' },
      ];
    },
    reason: 'an event is handled once',
  },
  {
    name: 'replay: the same id with a new signature',
    deliveries: () => [
      { delivery: signed('replay-2'), expected: '200 handled' },
      { delivery: signed('replay-2', NOW_SECONDS - 1), expected: '200 duplicate' },
    ],
    reason: 'the id counts and not the signature, and a retry may be signed again',
  },
  {
    name: 'replay: the same id with another body',
    deliveries: () => [
      { delivery: signed('replay-3'), expected: '200 handled' },
      { delivery: signed('replay-3', NOW_SECONDS, 2), expected: '200 duplicate' },
    ],
    reason: 'it is handled once, and the conflict is reported',
  },
  {
    name: 'replay: the same signature on another query',
    deliveries: () => {
      const delivery = signed('replay-4');
      return [
        { delivery, expected: '200 handled' },
        { delivery, path: '?another=1', expected: '200 duplicate' },
      ];
    },
    reason: 'the url is not signed and is not a part of the id',
  },
  {
    name: 'replay: a capture after the tolerance',
    deliveries: () => [
      { delivery: signed('replay-5', NOW_SECONDS - 301), expected: '401 TIMESTAMP_TOO_OLD' },
      { delivery: signed('replay-5'), expected: '200 handled' },
    ],
    reason: 'an old capture is rejected before the ledger is asked',
  },
  {
    name: 'replay: a forged id cannot block the real one',
    deliveries: () => [
      {
        delivery: { ...signed('replay-6'), body: Buffer.from('{"type":"hostile","id":"replay-6","data":0}') },
        expected: '401 SIGNATURE_MISMATCH',
      },
      { delivery: signed('replay-6'), expected: '200 handled' },
    ],
    reason: 'an event is claimed only after its signature is verified',
  },
  {
    name: 'replay: ids that differ by one space',
    deliveries: () => [
      { delivery: signed('replay-7'), expected: '200 handled' },
      { delivery: signed('replay-7 '), expected: '200 handled' },
      { delivery: signed('Replay-7'), expected: '200 handled' },
    ],
    reason: 'ids are data and are compared letter by letter',
  },
];
