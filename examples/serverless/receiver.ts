import { createMemoryLedger, createReceiver, type Ledger, type Receiver } from '@showpad-webhooks/core';

const { SHOWPAD_SIGNATURE_KEY = '', REDIS_HOST, REDIS_PORT = '6379' } = process.env;

/**
 * The receiver is made once per instance, when it starts. If the key is missing, the start fails, the platform answers 5xx, and
 * Showpad retries.
 */
export const receiver: Receiver = createReceiver({
  keys: SHOWPAD_SIGNATURE_KEY,
  ledger: await openLedger(),
})
  // Your app would call the API of your CRM here, and pass the signal on. All work must be done when the handler resolves,
  // because the platform stops the process after the answer.
  .on('shared-space-user-added', async function addContact({ data }) {
    console.log(`CRM: added ${data.invitee.email} to "${data.sharedSpace.name}"`);
  })
  .onRejected((error) => console.warn(`${error.code}: ${error.message} ${error.hint}`))
  .onError((error) => console.error(`${error.code}: ${error.message} Cause: ${String(error.cause)}`))
  // Showpad will not send it again, so your app would store it, for example in a bucket.
  .onDeadLetter(({ event, reason }) => console.error(`Event ${event?.id} is a dead letter: ${reason}`));

/** Instances share no memory. Without Redis, each knows only the events that it handled itself. */
async function openLedger(): Promise<Ledger> {
  if (REDIS_HOST === undefined) return createMemoryLedger();
  const { createRedisLedger } = await import('@showpad-webhooks/bullmq'); // It is loaded only if it is used, for fast cold starts.
  return createRedisLedger({ connection: { host: REDIS_HOST, port: Number(REDIS_PORT) } });
}
