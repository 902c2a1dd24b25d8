import type { Subscription, SubscriptionChanges, SubscriptionHeader } from '@showpad-webhooks/client';
import { Argument, type Command, Option } from 'commander';
import { checked, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { type AccountFlags, addAccountFlags, openClient, readAccount } from '../input/account.ts';
import { createKeyFolder } from '../input/save-key.ts';
import { collect } from '../terminal/flags.ts';
import { type Line, type Output, paint } from '../terminal/output.ts';
import { addAudit } from './subscription-audit.ts';
import { addLogs } from './subscription-logs.ts';
import { addSync } from './sync.ts';

interface FieldFlags {
  readonly name?: string;
  readonly type?: readonly string[];
  readonly url?: string;
  readonly method?: 'POST' | 'GET';
  readonly header?: readonly string[];
}

interface CreateFlags extends AccountFlags, FieldFlags {
  readonly saveKey?: string;
}

export function addSubscriptions(program: Command, context: Context): void {
  const { io, output } = context;
  const { signal } = io;
  const subscriptions = program
    .command('subscriptions')
    .description('Manage the webhook subscriptions of an account');
  const command = (name: string, description: string) =>
    addAccountFlags(subscriptions.command(name)).description(description);
  const open = async (flags: AccountFlags) => (await openClient(await readAccount(flags, io))).subscriptions;
  const id = () => new Argument('<id>', 'Id of the subscription');

  command('list', 'List the subscriptions').action(async (flags: AccountFlags) => {
    for await (const each of (await open(flags)).iterate({ signal })) show(each, output);
  });

  command('get', 'Show a subscription')
    .addArgument(id())
    .action(async (wanted: string, flags: AccountFlags) => {
      show(await (await open(flags)).get(wanted, { signal }), output);
    });

  addFieldFlags(command('create', 'Create a subscription, and show its signature key'))
    .option('--save-key <folder>', 'Save the key in a file of this folder instead of showing it')
    .addHelpText(
      'after',
      `
Showpad shows the key only this once.

Example:
  $ showpad-webhooks subscriptions create --name CRM --type shared-space-user-added \\
      --url https://crm.example.com/webhooks/showpad --save-key keys`,
    )
    .action(async (flags: CreateFlags) => {
      const { name, types, url, ...fields } = readFields(flags);
      if (!name || !types || !url) {
        throw usageError(
          'A new subscription needs a name, a type and a URL.',
          'Pass --name, --type and --url.',
        );
      }
      const { saveKey } = flags;
      const save = saveKey === undefined ? undefined : await createKeyFolder(saveKey, '--save-key');
      const api = await open(flags);
      const created = await checked(() => api.create({ name, types, url, ...fields }, { signal }));
      const { subscription, signatureKey } = created;
      const file = await save?.(created);
      output.result(
        { ...subscription, ...(file ? { file } : { signatureKey }) },
        lineOf(subscription),
        file ? `The key is in ${file}` : `Key  ${signatureKey}`,
      );
    });

  addFieldFlags(command('update', 'Change the fields that are passed').addArgument(id())).action(
    async (wanted: string, flags: AccountFlags & FieldFlags) => {
      const changes = readFields(flags);
      if (Object.keys(changes).length === 0) {
        throw usageError('There is nothing to change.', 'Pass --name, --type, --url, --method or --header.');
      }
      const api = await open(flags);
      show(await checked(() => api.update(wanted, changes, { signal })), output);
    },
  );

  command('delete', 'Delete a subscription and its logs')
    .addArgument(id())
    .action(async (wanted: string, flags: AccountFlags) => {
      await (await open(flags)).delete(wanted, { signal });
      output.result({ id: wanted, isDeleted: true }, `Deleted ${wanted}.`);
    });

  addLogs(command('logs', 'Show the delivery attempts of a subscription').addArgument(id()), context);
  addAudit(command('audit', 'Find out from Showpad’s log which events were lost'), context);
  addSync(command('sync', 'Make the subscriptions match a file'), context);
}

function addFieldFlags(command: Command): Command {
  return command
    .option('--name <name>', 'Name of the subscription')
    .option('--type <type>', 'Event type; can be repeated', collect)
    .option('--url <url>', 'URL of the endpoint')
    .addOption(new Option('--method <method>', 'Method of the deliveries').choices(['POST', 'GET']))
    .option('--header <header>', 'Header of every delivery, as "name: value"; can be repeated', collect);
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
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(colon, 0));
  const value = text.slice(colon + 1).trim();
  if (name === '' || /\s/.test(name) || value === '' || /[\r\n]/.test(value)) {
    throw usageError('--header must be a name, a colon and a value, for example "x-subscription: crm".');
  }
  return { name, value };
}

function show(subscription: Subscription, output: Output): void {
  output.result(subscription, lineOf(subscription));
}

function lineOf({ id, name, method, url, types }: Subscription): Line {
  return [paint('dim', id), name, `${method} ${url}`, types.join(', ')];
}
