import { createReceiver, type WebhookHeaders } from '@showpad-webhooks/core';
import { afterEach, expect, test, vi } from 'vitest';
import { BODIES } from './catalogue/body.ts';
import { OWN_TROUBLES } from './catalogue/own-trouble.ts';
import { REPLAYS } from './catalogue/replay.ts';
import { DELIVERIES } from './catalogue.ts';
import { clock, KEY, LIMIT_BYTES, PAYLOAD, TYPE } from './entry.ts';
import { expectNoLeak, good, requestOf, STATUSES } from './requests.ts';

/** Runs the catalogue against core alone, as far as it needs no HTTP. */
export function defineCoreSuite(): void {
  afterEach(() => void vi.useRealTimers());

  test.each(DELIVERIES)('$name: $expected, because $reason', async (entry) => {
    const receiver = createReceiver({ keys: KEY, ledger: false, clock, maxBodyBytes: LIMIT_BYTES }).onAny(
      () => {},
    );
    const { method, headers, body } = requestOf(entry);
    const { response, outcome, error } = await receiver.receive({
      method,
      headers: headers as WebhookHeaders,
      body,
    });
    expect(`${response.status} ${error?.code ?? outcome}`).toBe(entry.expected);
    expect(STATUSES).toContain(response.status);
    expectNoLeak(JSON.stringify(response) + String(error?.message) + String(error?.hint));
  });

  test.each(OWN_TROUBLES)('$name: $expected, because $reason', async ({ options, expected, deadlineMs }) => {
    if (deadlineMs !== undefined) {
      vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] });
    }
    const receiver = createReceiver({ keys: KEY, clock, on: { [TYPE]: () => {} } as object, ...options });
    const answer = receiver.receive(good('1', PAYLOAD));
    if (deadlineMs !== undefined) {
      await new Promise((resolve) => setImmediate(resolve)); // The time of handlers is measured from the next turn on.
      await vi.advanceTimersByTimeAsync(deadlineMs);
    }
    const { response, outcome, error } = await answer;
    if (deadlineMs !== undefined) await vi.advanceTimersByTimeAsync(1_000); // What happens after the answer must do no harm.
    expect(`${response.status} ${error?.code ?? outcome}`).toBe(expected);
    expectNoLeak(JSON.stringify(response) + String(error?.message) + String(error?.hint));
  });

  test.each(REPLAYS)('$name, because $reason', async ({ deliveries }) => {
    const receiver = createReceiver({ keys: KEY, clock }).onAny(() => {});
    for (const { delivery, expected } of deliveries()) {
      const { response, outcome, error } = await receiver.receive(delivery);
      expect(`${response.status} ${error?.code ?? outcome}`).toBe(expected);
    }
  });

  test('no body of the catalogue pollutes a prototype', async () => {
    const names = Object.getOwnPropertyNames(Object.prototype);
    const receiver = createReceiver({ keys: KEY, ledger: false, clock, maxBodyBytes: LIMIT_BYTES });
    // Careless code treats the data of an event like this.
    receiver.onAny(({ data }) => Object.assign({}, data, structuredClone(data)));
    for (const entry of BODIES) {
      const { method, headers, body } = requestOf(entry);
      await receiver.receive({ method, headers: headers as WebhookHeaders, body });
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(names);
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  });
}
