import { ShowpadWebhookError, verifySignature } from '@showpad-webhooks/core';
import { checked } from '../cli-error.ts';
import type { Recording } from './recording.ts';

/**
 * Verifies the recorded signature over the recorded body, at the time when the delivery arrived. What the recording says
 * about itself is not asked: anybody can write a file.
 *
 * @returns why the delivery must not be signed again. Undefined: one of the keys made its signature.
 */
export async function refusalOf(
  { body, headers, receivedAt }: Recording,
  keys: readonly string[],
): Promise<ShowpadWebhookError | undefined> {
  try {
    await checked(() => verifySignature({ body, headers, keys, nowMs: Date.parse(receivedAt) }));
    return undefined;
  } catch (error) {
    if (ShowpadWebhookError.isInstance(error)) return error;
    throw error;
  }
}
