import { signedDelivery } from '@showpad-webhooks/core/testing';
import { type Running, startCommand } from './command.ts';
import { KEY } from './open-endpoint.ts';

export const TYPE = 'shared-space-user-added';
export const BODY: Buffer = Buffer.from(
  '{ "type": "shared-space-user-added",\r\n  "id": "an-id", "data": {"name": "é"} }\n',
);

/** Starts `listen`, with JSON as its output. */
export async function listen(
  ...flags: readonly string[]
): Promise<{ readonly url: string; readonly running: Running }> {
  const running = startCommand(['listen', '--port', '0', '--key', KEY, '--json', ...flags]);
  const { url } = JSON.parse(await running.nextLine()) as { url: string };
  return { url, running };
}

/** Sends a delivery; the status and text of its answer. */
export async function post(
  url: string,
  { key = KEY, body = BODY }: { readonly key?: string; readonly body?: Buffer } = {},
): Promise<readonly [number, string]> {
  const { headers, method } = signedDelivery({ body }, { key, headers: { 'x-custom': 'kept' } });
  const response = await fetch(url, { method, headers, body: new Uint8Array(body) });
  return [response.status, await response.text()];
}
