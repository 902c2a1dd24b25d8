import { createMemoryLedger, createReceiver, type Ledger, type Receiver } from '@showpad-webhooks/core';

const { SHOWPAD_SIGNATURE_KEY = '', REDIS_HOST, REDIS_PORT = '6379' } = process.env;

/**
 * Made once per instance, when it starts. A key that is missing ends it there: the platform answers 5xx, and Showpad
 * tries again.
 */
export const receiver: Receiver = createReceiver({
  keys: SHOWPAD_SIGNATURE_KEY,
  ledger: await openLedger(),
})
  // Yours would call your CRM's API here, and pass the signal on. What it does must be done when it resolves: after the
  // answer the platform stops the process where it is.
  .on('shared-space-user-added', async function addContact({ data }) {
    console.log(`CRM: added ${data.invitee.email} to "${data.sharedSpace.name}"`);
  })
  .onRejected((error) => console.warn(`${error.code}: ${error.message}. ${error.hint}`))
  .onError((error) => console.error(`${error.code}: ${error.message}. Cause: ${String(error.cause)}`))
  // Showpad will not send it again: yours would put it where somebody looks, such as a bucket.
  .onDeadLetter(({ event, reason }) => console.error(`given up: ${event?.id}, ${reason}`));

/** Instances share no memory: without Redis, each knows only the events that it handled itself. */
async function openLedger(): Promise<Ledger> {
  if (REDIS_HOST === undefined) return createMemoryLedger();
  const { createRedisLedger } = await import('@showpad-webhooks/bullmq'); // Only where it is used: cold starts matter.
  return createRedisLedger({ connection: { host: REDIS_HOST, port: Number(REDIS_PORT) } });
}
