import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoLedger, createReceiver, type Receiver } from '@showpad-webhooks/aws-lambda';

const { SHOWPAD_SIGNATURE_KEY = '', LEDGER_TABLE = '' } = process.env;

/** How long template.yaml keeps dead letters: one that is moved back must find what was done. */
const DEAD_LETTERS_MS = 14 * 86_400_000;

/**
 * The receiver is made once per instance, when it starts. If the key or the table is missing, the start fails: then the gateway
 * answers 5xx or the queue keeps its messages, and nothing is lost.
 */
export const receiver: Receiver = createReceiver({
  keys: SHOWPAD_SIGNATURE_KEY,
  ledger: createDynamoLedger({ client: new DynamoDBClient(), table: LEDGER_TABLE, ttlMs: DEAD_LETTERS_MS }),
})
  // Your app would call the API of your CRM here, and pass the signal on.
  .on('shared-space-user-added', async function addContact({ data }) {
    console.log(`CRM: added ${data.invitee.email} to "${data.sharedSpace.name}"`);
  })
  .onRejected((error) => console.warn(`${error.code}: ${error.message} ${error.hint}`))
  .onError((error) => console.error(`${error.code}: ${error.message} Cause: ${String(error.cause)}`))
  // No retry can help, so your app would store it, for example in a bucket.
  .onDeadLetter(({ event, reason }) => console.error(`Event ${event?.id} is a dead letter: ${reason}`));
