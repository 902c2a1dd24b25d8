// What the apps that build-app.ts builds have in common. They are called with the file of the inbox and what they are to do:
// receive an event and end when a handler of it has failed, or handle what is stored and end when nothing is left.
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createReceiver, type Receiver } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';

const KEY = 'deploy-key';
const TYPE = 'shared-space-user-added';
const [file = '', task = ''] = process.argv.slice(2);

function print(line: string): void {
  writeSync(1, `${line}\n`);
}

export function addToCrm(): void {
  print('ran: crm');
}

export function sendMail(): void {
  if (task === 'receive') throw new Error('The mail server is down.');
  print('ran: mail');
}

export async function run(register: (receiver: Receiver, type: typeof TYPE) => void): Promise<void> {
  const inbox = createSqliteInbox({ file, backoff: () => 100, maxAttempts: 3 });
  const receiver = createReceiver({ keys: KEY, inbox });
  process.on('warning', ({ message }) => print(`warned: ${message}`));
  const failed = new Promise<void>((resolve) => {
    receiver.onError(({ code, message, hint }) => {
      print(`reported: ${message} ${hint}`);
      if (code === 'HANDLER_FAILED') resolve();
    });
  });
  register(receiver, TYPE);
  await receiver.start();
  if (task === 'receive') {
    await receiver.receive(signedDelivery(TYPE, { key: KEY }));
    await failed;
  } else while ((await waiting()) > 0) await delay(10);
  print(`left: ${JSON.stringify(await inbox.counts())}`);
  await receiver.close();

  async function waiting(): Promise<number> {
    const { pending, leased } = await inbox.counts();
    return pending + leased;
  }
}
