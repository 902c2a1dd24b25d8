// pnpm inbox [retry | retry <event id>]: what the inbox holds, and the dead once more. The app may be running.
import { createSqliteInbox } from '@showpad-webhooks/sqlite';

const [command, id] = process.argv.slice(2);
const inbox = createSqliteInbox({ file: process.env.SHOWPAD_INBOX ?? 'showpad.db' });

if (command === 'retry') {
  const count = await inbox.retry(id === undefined ? { state: 'dead' } : { id });
  console.log(`${count} to be handled again`);
}
console.log(await inbox.counts());
for (const { id, attempt, error } of (await inbox.list({ state: 'dead' })).items) {
  console.log(`dead: ${id}, after ${attempt} attempts: ${error?.message}`);
}
await inbox.stop({ timeoutMs: 0 });
