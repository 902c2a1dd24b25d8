import { Argument, type Command } from 'commander';
import type { Context } from '../context.ts';
import { logFieldFlag } from '../input/log-fields.ts';
import { addInboxNames, storeFlag } from '../terminal/flags.ts';
import type { AuditFlags } from './audit.ts';

export function addAudit(command: Command, context: Context): void {
  command
    .addArgument(new Argument('[id...]', 'Ids of the subscriptions; without one, all of the account'))
    .option('--since <time>', 'How far to look back: 30m, 24h, 7d or a date', '24h')
    .addOption(storeFlag())
    .addOption(logFieldFlag());
  addInboxNames(command)
    .addHelpText(
      'after',
      `
It reads Showpad's log of each subscription and shows every event with an attempt that failed:
  lost       No attempt succeeded, and none will follow. The inbox, if one is passed, does not have the event either.
  unseen     Showpad got a 2xx, but the event is not in the inbox, or the answer did not come from showpad-webhooks.
  stored     No attempt succeeded, but the inbox has the event. Showpad may have got the answer too late.
  retrying   The attempts failed so far, and Showpad may try again.
  recovered  An attempt failed, and a later one succeeded.

The exit code is 1 if an event is lost or unseen, or if a log could not be read. An event that Showpad never tried to send
is not in its log.

Examples:
  $ showpad-webhooks subscriptions audit
  $ showpad-webhooks subscriptions audit 01GVZ8663CJAREF2SJE5XQRX7W --since 7d --store @store.txt`,
    )
    .action(async (ids: readonly string[], flags: AuditFlags) => {
      const { audit } = await import('./audit.ts');
      await audit(ids, flags, context);
    });
}
