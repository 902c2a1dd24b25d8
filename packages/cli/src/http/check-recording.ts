import { ShowpadWebhookError, verifySignature } from '@showpad-webhooks/core';
import { checked } from '../cli-error.ts';
import type { Recording } from './recording.ts';

/**
 * Verifies the recorded signature over the recorded body, at the time when the delivery arrived. What the recording says
 * about itself is not asked: anybody can write a file.
 *
 * @returns the key that made the signature, or why the delivery must not be signed again.
 */
export async function findRecordedKey(
  { body, headers, receivedAt }: Recording,
  keys: readonly string[],
): Promise<string | ShowpadWebhookError> {
  const labelled = keys.map((key, index) => ({ label: `${index}`, key }));
  const nowMs = Date.parse(receivedAt);
  try {
    const { keyLabel } = await checked(() => verifySignature({ body, headers, keys: labelled, nowMs }));
    return keys[Number(keyLabel)] as string;
  } catch (error) {
    if (ShowpadWebhookError.isInstance(error)) return error;
    throw error;
  }
}
