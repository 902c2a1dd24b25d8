import { createApi } from './http/api.ts';
import { createTokenSource } from './oauth/tokens.ts';
import { readOptions, type ShowpadClientOptions } from './options.ts';
import { createSubscriptionsApi, type SubscriptionsApi } from './subscriptions/subscriptions-api.ts';

export interface ShowpadClient {
  readonly subscriptions: SubscriptionsApi;
}

/**
 * Creates a client for Showpad's webhook subscriptions API (docs/showpad.md, "Subscriptions"). It sends nothing before
 * its first call.
 *
 * @throws TypeError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { createClient } from '@showpad-webhooks/client';
 * import { createEmulator } from '@showpad-webhooks/emulator';
 *
 * const emulator = await createEmulator();
 * const client = createClient({
 *   baseUrl: `${emulator.url}/webhooks/v1`, // or subdomain: 'acme'
 *   auth: { type: 'personal-token', token: emulator.accessToken },
 * });
 * const { subscription, signatureKey } = await client.subscriptions.create({
 *   name: 'CRM',
 *   types: ['shared-space-created'],
 *   url: 'http://127.0.0.1:3000/webhooks/showpad',
 * });
 * console.log(subscription.name, signatureKey !== ''); // CRM true
 * await emulator.close();
 * ```
 */
export function createClient(options: ShowpadClientOptions): ShowpadClient {
  const { mapping, ...settings } = readOptions(options);
  const api = createApi(settings, createTokenSource(settings));
  return { subscriptions: createSubscriptionsApi(api, mapping) };
}
