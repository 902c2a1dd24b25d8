import type { SyncStep, WantedSubscription } from '@showpad-webhooks/client';
import { Argument, type Command } from 'commander';
import { type AccountFlags, openClient, readAccount } from '../account.ts';
import { checked, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { flag } from '../flags.ts';
import { type Color, type Output, printable } from '../output.ts';
import { readJson } from '../read-input.ts';
import { createKeyFolder } from '../save-key.ts';

interface SyncFlags extends AccountFlags {
  readonly saveKeys?: string;
  readonly prune?: boolean;
  readonly dryRun?: boolean;
}

export function addSync(command: Command, { io, output }: Context): void {
  command
    .addArgument(
      new Argument('<wanted>', 'a list of { name, types, url, method?, headers? } as JSON: @file, or -'),
    )
    .addOption(flag('--save-keys <folder>', 'keep the keys of new ones in files of this folder'))
    .addOption(flag('--prune', 'delete what is not wanted'))
    .addOption(flag('--dry-run', 'say what would be done, and do nothing'))
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
      const { dryRun = false, prune = false } = flags;
      if (!dryRun && flags.saveKeys === undefined) {
        throw usageError(
          '--save-keys is missing: Showpad shows a new key only once.',
          'Or see first: --dry-run.',
        );
      }
      const save = dryRun ? undefined : await createKeyFolder(flags.saveKeys ?? '', '--save-keys');
      const { subscriptions } = await openClient(await readAccount(flags, io));
      const saveKey = async (created: Parameters<NonNullable<typeof save>>[0]) => {
        const file = await save?.(created);
        output.note(`The key of ${printable(created.subscription.name)} is in ${file}.`);
      };
      const options = dryRun ? ({ dryRun } as const) : { saveKey };
      const steps = await checked(() => subscriptions.sync(wanted, { ...options, prune, signal: io.signal }));
      for (const step of steps) tell(step, dryRun, output);
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

function tell(step: SyncStep, isDryRun: boolean, output: Output): void {
  const { action } = step;
  const { name, url } = action === 'create' ? step.input : step.subscription;
  const id = action === 'create' ? null : step.subscription.id;
  const fields = action === 'update' ? Object.keys(step.changes) : [];
  const parts = [
    output.paint(COLORS[action], action.padEnd(6)),
    printable(name),
    printable(url),
    ...(fields.length > 0 ? [`(${fields.join(', ')})`] : []),
  ];
  output.result(parts.join('  '), { action, id, name, url, fields, isDryRun });
}
