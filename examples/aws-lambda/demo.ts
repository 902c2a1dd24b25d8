// pnpm start lets an emulated Showpad call the function, with DynamoDB on this machine.
import { createEmulator } from '@showpad-webhooks/emulator';
import { serveFunctionUrl, startDynamo } from './local-aws.ts';

process.env.SHOWPAD_SIGNATURE_KEY ??= 'a-signature-key';
process.env.LEDGER_TABLE = 'showpad-ledger';
const dynamo = await startDynamo(process.env.LEDGER_TABLE);
const { handler } = await import('./http-handler.ts');
const { url, server } = await serveFunctionUrl(handler);

await using showpad = await createEmulator();
await showpad.subscriptions.create({
  name: 'AWS Lambda',
  types: ['shared-space-user-added'],
  url,
  signatureKey: process.env.SHOWPAD_SIGNATURE_KEY,
});
await showpad.trigger('shared-space-user-added');
const first = await showpad.waitForDelivery();
console.log(`The function answered ${first.response?.status} ${first.response?.body}`);
await showpad.replay(first.id);
const again = await showpad.waitForDelivery();
console.log(
  `The function answered ${again.response?.status} ${again.response?.body} when the event came again`,
);
server.close();
server.closeAllConnections();
dynamo.close();
