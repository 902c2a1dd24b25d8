// This process runs a new handler over what is done, and prints the id of each event.
import { backfill } from '@showpad-webhooks/core/backfill';
import { openInbox } from './engines.ts';
import { print } from './runs.ts';

const [target = ''] = process.argv.slice(2);
const inbox = openInbox(JSON.parse(target));
await backfill(inbox, {
  type: 'crash' as never,
  name: 'sync',
  handler: ({ id }: { readonly id: string }) => print(id),
  liveSinceMs: Date.now() + 60_000,
  ratePerSecond: 100,
});
await inbox.close({ timeoutMs: 0 });
