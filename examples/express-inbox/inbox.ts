// pnpm inbox [retry | retry <event id>] shows what the inbox contains, and retries dead events. The app may be running.
import { createSqliteInbox } from '@showpad-webhooks/sqlite';

const [command, id] = process.argv.slice(2);
const inbox = createSqliteInbox({ file: process.env.SHOWPAD_INBOX ?? 'showpad.db' });

if (command === 'retry') {
  const count = await inbox.retry(id === undefined ? { state: 'dead' } : { id });
  console.log(`Events to be handled again: ${count}`);
}
console.log(await inbox.counts());
for (const { id, attempt, error } of (await inbox.list({ state: 'dead' })).items) {
  console.log(`Event ${id} is dead after ${attempt} attempts: ${error?.message}`);
}
await inbox.close();
