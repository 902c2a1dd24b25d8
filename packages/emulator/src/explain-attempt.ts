import { explainMismatch, type MismatchFinding } from '@showpad-webhooks/core/explain';
import type { AttemptRecord } from './delivery/attempt.ts';
import { EmulatorProblem } from './problem.ts';
import type { StoredSubscription } from './subscriptions.ts';

/**
 * Explains why a receiver may refuse the signature of an attempt. The list is empty if the signature is right.
 *
 * @param body what the receiver verified. Default: what was sent.
 * @throws EmulatorProblem `NOTHING_TO_EXPLAIN` if the attempt was not sent, or its subscription was deleted
 */
export function explainAttempt(
  { notification, request, startedAt, dueAt }: AttemptRecord,
  subscriptions: readonly StoredSubscription[],
  body?: string,
): readonly MismatchFinding[] {
  if (!request) throw new EmulatorProblem('NOTHING_TO_EXPLAIN', 'The attempt was not sent.');
  const subscription = subscriptions.find(({ id }) => id === notification.subscriptionId);
  if (!subscription) {
    throw new EmulatorProblem('NOTHING_TO_EXPLAIN', 'The webhook was deleted, and its key with it.');
  }
  const others = subscriptions.filter((other) => other !== subscription);
  return explainMismatch({
    body: Buffer.from(body ?? request.body),
    headers: request.headers,
    keys: subscription.signatureKey,
    otherKeys: others.map(({ name, signatureKey }) => ({ label: `of ${name}`, key: signatureKey })),
    nowMs: startedAt ?? dueAt,
  });
}
