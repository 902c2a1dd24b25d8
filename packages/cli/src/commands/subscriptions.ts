import type { Subscription, SubscriptionChanges, SubscriptionHeader } from '@showpad-webhooks/client';
import { Argument, type Command } from 'commander';
import { type AccountFlags, addAccountFlags, openClient, readAccount } from '../account.ts';
import { checked, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { flag, listFlag } from '../flags.ts';
import { type Output, printable } from '../output.ts';
import { createKeyFolder } from '../save-key.ts';
import { addLogs } from './subscription-logs.ts';
import { addSync } from './sync.ts';

interface FieldFlags {
  readonly name?: string;
  readonly type?: readonly string[];
  readonly url?: string;
  readonly method?: 'POST' | 'GET';
  readonly header?: readonly string[];
}

export function addSubscriptions(program: Command, context: Context): void {
  const { io, output } = context;
  const subscriptions = program
    .command('subscriptions')
    .description('The webhook subscriptions of an account.');
  const command = (name: string, description: string) =>
    addAccountFlags(subscriptions.command(name)).description(description);
  const open = async (flags: AccountFlags) => (await openClient(await readAccount(flags, io))).subscriptions;
  const id = () => new Argument('<id>', 'of a subscription');
  const { signal } = io;

  command('list', 'Lists them.').action(async (flags: AccountFlags) => {
    for await (const each of (await open(flags)).iterate({ signal })) tell(each, output);
  });

  command('get', 'Shows one.')
    .addArgument(id())
    .action(async (wanted: string, flags: AccountFlags) => {
      tell(await (await open(flags)).get(wanted, { signal }), output);
    });

  addFieldFlags(
    command('create', 'Creates one, and shows its signature key: Showpad does so only this once.'),
  )
    .addOption(flag('--save-key <folder>', 'keep the key in a file of this folder, and do not show it'))
    .addHelpText(
      'after',
      `
Example:
  $ showpad-webhooks subscriptions create --name CRM --type shared-space-user-added \\
      --url https://crm.example.com/webhooks/showpad --save-key keys`,
    )
    .action(async (flags: AccountFlags & FieldFlags & { readonly saveKey?: string }) => {
      const { name, types, url, ...fields } = readFields(flags);
      if (!name || !types || !url) throw usageError('--name, --type and --url are needed.');
      const save =
        flags.saveKey === undefined ? undefined : await createKeyFolder(flags.saveKey, '--save-key');
      const api = await open(flags);
      const created = await checked(() => api.create({ name, types, url, ...fields }, { signal }));
      const file = await save?.(created);
      const key = file ? { file } : { signatureKey: created.signatureKey };
      output.result(
        `${lineOf(created.subscription, output)}\n${file ? `Its key is in ${file}` : `Key  ${created.signatureKey}`}`,
        {
          ...created.subscription,
          ...key,
        },
      );
    });

  addFieldFlags(command('update', 'Changes the fields that are given.').addArgument(id())).action(
    async (wanted: string, flags: AccountFlags & FieldFlags) => {
      const changes = readFields(flags);
      if (Object.keys(changes).length === 0)
        throw usageError('there is nothing to change.', 'Pass --name, --type, --url, --method or --header.');
      const api = await open(flags);
      tell(await checked(() => api.update(wanted, changes, { signal })), output);
    },
  );

  command('delete', 'Deletes one, and its logs with it.')
    .addArgument(id())
    .action(async (wanted: string, flags: AccountFlags) => {
      await (await open(flags)).delete(wanted, { signal });
      output.result(`Deleted ${printable(wanted)}.`, { id: wanted, isDeleted: true });
    });

  addLogs(command('logs', 'Shows its delivery attempts.').addArgument(id()), context);
  addSync(command('sync', 'Makes the subscriptions what a file says.'), context);
}

function addFieldFlags(command: Command): Command {
  return command
    .addOption(flag('--name <name>', 'its name'))
    .addOption(listFlag('--type <type>', 'an event type; may be repeated'))
    .addOption(flag('--url <url>', 'the endpoint'))
    .addOption(flag('--method <method>', 'how it is called').choices(['POST', 'GET']))
    .addOption(listFlag('--header <header>', 'sent with every delivery, "name: value"; may be repeated'));
}

function readFields({ name, type: types, url, method, header }: FieldFlags): SubscriptionChanges {
  const headers = header?.map(readHeader);
  return {
    ...(name !== undefined && { name }),
    ...(types && { types }),
    ...(url !== undefined && { url }),
    ...(method && { method }),
    ...(headers && { headers }),
  };
}

function readHeader(text: string): SubscriptionHeader {
  const [, name, value] = /^([^\s:]+):\s*(.+)$/.exec(text) ?? [];
  if (!name || !value)
    throw usageError('--header must be a name, a colon and a value, such as "x-subscription: crm".');
  return { name, value };
}

function tell(subscription: Subscription, output: Output): void {
  output.result(lineOf(subscription, output), subscription);
}

function lineOf({ id, name, method, url, types }: Subscription, { paint }: Output): string {
  const parts = [
    paint('dim', printable(id)),
    printable(name),
    `${method} ${printable(url)}`,
    printable(types.join(', ')),
  ];
  return parts.join('  ');
}
