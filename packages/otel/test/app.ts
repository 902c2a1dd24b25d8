import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  createReceiver,
  type Receiver,
  type ReceiverOptions,
  type ShowpadEventMap,
} from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { showpadWebhooks } from '@showpad-webhooks/express';
import { createTelemetry, type TelemetryOptions } from '@showpad-webhooks/otel';
import express from 'express';
import { onTestFinished } from 'vitest';

export const KEY = 'a-signature-key';
export const TYPE = 'shared-space-user-added';

type Options = Partial<ReceiverOptions<ShowpadEventMap, Record<never, never>>>;

export interface App {
  readonly receiver: Receiver;
  /** Sends a delivery over HTTP. */
  send(delivery: ReturnType<typeof signedDelivery>): Promise<Response>;
  /** Sends a delivery that is signed with the key of the app. */
  deliver(type?: string, id?: string): Promise<Response>;
}

/** An Express app that listens until the test is over. */
export async function listen(options: Options, telemetry: TelemetryOptions = {}): Promise<App> {
  const all = { keys: { label: 'first key', key: KEY }, telemetry: createTelemetry(telemetry), ...options };
  const receiver = createReceiver(all);
  receiver.onError(() => {}).onRejected(() => {}); // The tests expect errors, so nothing needs a warning.
  const server = express()
    .use(showpadWebhooks({ path: '/showpad', receiver }))
    .listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await receiver.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/showpad`;
  const send: App['send'] = ({ method, headers, body }) =>
    fetch(url, { method, headers, body: new Uint8Array(body) });
  return {
    receiver,
    send,
    deliver(type = TYPE, id) {
      const data = type === TYPE ? undefined : {}; // Only documented types have a sample.
      return send(signedDelivery(type, { key: KEY, ...(id !== undefined && { id }), ...(data && { data }) }));
    },
  };
}
