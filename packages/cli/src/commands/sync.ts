import type { CreatedSubscription, SyncStep, WantedSubscription } from '@showpad-webhooks/client';
import { Argument, type Command } from 'commander';
import { checked, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { type AccountFlags, openClient, readAccount } from '../input/account.ts';
import { readJson } from '../input/read-input.ts';
import { createKeyFolder } from '../input/save-key.ts';
import { type Color, type Output, paint } from '../terminal/output.ts';

interface SyncFlags extends AccountFlags {
  readonly saveKeys?: string;
  readonly prune?: boolean;
  readonly dryRun?: boolean;
}

export function addSync(command: Command, { io, output }: Context): void {
  command
    .addArgument(
      new Argument(
        '<wanted>',
        'List of { name, types, url, method?, headers? } as JSON: @file, or - for stdin',
      ),
    )
    .option('--save-keys <folder>', 'Save the keys of new subscriptions in files of this folder')
    .option('--prune', 'Delete the subscriptions that the file does not list')
    .option('--dry-run', 'Only print what would be done')
    .addHelpText(
      'after',
      `
Examples:
  $ showpad-webhooks subscriptions sync @subscriptions.json --dry-run
  $ showpad-webhooks subscriptions sync @subscriptions.json --save-keys keys`,
    )
    .action(async (argument: string, flags: SyncFlags) => {
      const wanted = await readJson(argument, '<wanted>', io);
      if (!isList(wanted)) throw usageError('<wanted> must be a list of objects.');
      const { dryRun = false, prune = false, saveKeys } = flags;
      if (!dryRun && saveKeys === undefined) {
        throw usageError(
          '--save-keys is missing, and Showpad shows a new key only once.',
          'Pass a folder for the keys, or --dry-run to see first what would be done.',
        );
      }
      const save = dryRun ? undefined : await createKeyFolder(saveKeys ?? '', '--save-keys');
      const { subscriptions } = await openClient(await readAccount(flags, io));
      const saveKey = async (created: CreatedSubscription) => {
        const file = await save?.(created);
        output.note(`The key of "${created.subscription.name}" is in ${file}.`);
      };
      const options = dryRun ? ({ dryRun } as const) : { saveKey };
      const steps = await checked(() => subscriptions.sync(wanted, { ...options, prune, signal: io.signal }));
      for (const step of steps) report(step, dryRun, output);
    });
}

function isList(value: unknown): value is readonly WantedSubscription[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null);
}

const COLORS: Readonly<Record<SyncStep['action'], Color>> = {
  create: 'green',
  update: 'yellow',
  keep: 'dim',
  ignore: 'dim',
  delete: 'red',
};

function report(step: SyncStep, isDryRun: boolean, output: Output): void {
  const { action } = step;
  const { name, url } = action === 'create' ? step.input : step.subscription;
  const id = action === 'create' ? null : step.subscription.id;
  const fields = action === 'update' ? Object.keys(step.changes) : [];
  output.result({ action, id, name, url, fields, isDryRun }, [
    paint(COLORS[action], action.padEnd(6)),
    name,
    url,
    fields.length > 0 ? `(${fields.join(', ')})` : '',
  ]);
}
