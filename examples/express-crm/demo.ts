import { sampleEvent } from '@showpad-webhooks/express/testing';
import { openStage } from './stage.ts';

/** Shows what happens to an event while the CRM is down, if it arrives twice, and if it is of no use. */
export async function runDemo(): Promise<void> {
  const { showpad, crm, letters, send, close } = await openStage((line) => console.log(`  app: ${line}`));
  const sample = sampleEvent('shared-space-user-added');
  const show = ({ number, response }: Awaited<ReturnType<typeof send>>) =>
    console.log(`  attempt ${number}: ${response?.status} ${response?.body}`);

  console.log('Somebody is added to a Shared Space while the CRM is down');
  crm.state = 'down';
  show(await send(sample.type));
  console.log('Three seconds later the CRM is up, and accepts one call before it limits our rate');
  crm.state = 'up';
  crm.callsLeft = 1;
  await showpad.advanceTime(3_000);
  show(await showpad.waitForDelivery({ number: 2 }));
  console.log('Four and a half seconds later, what had failed is done');
  crm.callsLeft = Number.POSITIVE_INFINITY;
  await showpad.advanceTime(4_500);
  const handled = await showpad.waitForDelivery({ number: 3 });
  show(handled);

  console.log('The same event arrives again, as after a response that was lost');
  await showpad.replay(handled.id);
  show(await showpad.waitForDelivery({ number: 1 }));

  console.log('An invitee has no email address: no retry would help, so there is none');
  const { invitee, ...rest } = sample.data;
  show(await send(sample.type, { ...rest, invitee: { ...invitee, email: '' } }));
  await showpad.advanceTime(15_000);

  console.log('In the end');
  console.log(`  CRM: ${crm.calls.join(', ')}`);
  console.log('  contacts:', Object.fromEntries(crm.contacts));
  console.log('  deals:', Object.fromEntries(crm.deals));
  console.log(
    `  dead letters, for somebody to look at: ${letters.map(({ error }) => String(error.cause)).join()}`,
  );
  await close();
}
