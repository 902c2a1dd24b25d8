import { existsSync } from 'node:fs';
import { Argument, type Command } from 'commander';
import { usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { Observed } from '../events/observed.ts';
import type { PlaceFlags } from '../events/place.ts';
import type { InboxSource } from '../inbox/open-inbox.ts';
import { storeFlag } from '../terminal/flags.ts';
import type { Io } from '../terminal/io.ts';
import type { Output } from '../terminal/output.ts';
import { finish, placeFlags } from './events-generate.ts';

export function addEventsLearn(events: Command, context: Context): void {
  storeFlags(placeFlags(events.command('learn')))
    .description('Learn from deliveries what your events look like')
    .addArgument(new Argument('[path...]', 'Folder of recordings, or one recording'))
    .addHelpText(
      'after',
      `
It looks at all deliveries together: a field that some lack becomes optional, and one that is sometimes null or of another
type gets both types. A schema only ever allows more. Deliveries that were not authentic are skipped.

Examples:
  $ showpad-webhooks listen --key @crm.key --record recordings
  $ showpad-webhooks events learn recordings
  $ showpad-webhooks events learn --store sqlite:showpad.db`,
    )
    .action(async (paths: readonly string[], flags: PlaceFlags & StoreFlags) => {
      if (paths.length === 0 && flags.store === undefined) {
        throw usageError('There is nothing to learn from.', 'Pass a folder of recordings, or --store.');
      }
      const { io, output } = context;
      const { readObserved } = await import('../events/observed.ts');
      const { mergeSeen } = await import('../events/merge.ts');
      const observed = await readObserved({ paths, store: await storeOf(flags, io) }, io.signal);
      noteSkipped(observed, output);
      await finish(
        await mergeSeen(flags.dir, observed.seen, { origin: 'observed', keepSamples: true }),
        flags,
        context,
      );
    });
}

export interface StoreFlags {
  readonly store?: string;
  readonly inbox?: string;
}

export function storeFlags(command: Command): Command {
  return command.addOption(storeFlag()).option('--inbox <name>', 'Name of the inbox in the store');
}

export async function storeOf(
  { store, inbox: name, dir }: StoreFlags & Pick<PlaceFlags, 'dir'>,
  io: Io,
): Promise<InboxSource | undefined> {
  if (store === undefined) return undefined;
  const { rootOf } = await import('../events/place.ts');
  const { parseStoreAddress } = await import('../inbox/store-address.ts');
  const { readSource } = await import('./inbox-flags.ts');
  const source = await readSource({ store, ...(name !== undefined && { name }) }, io, rootOf(dir).root);
  const address = parseStoreAddress(source.store);
  // A missing file is a wrong argument here, like the path of a recording that is not there.
  if (address.kind === 'sqlite' && !existsSync(address.file)) {
    throw usageError(`--store: there is no file "${address.file}".`);
  }
  return source;
}

export function noteSkipped({ seen, forged, unreadable }: Observed, output: Output): void {
  output.note(`Deliveries with an event: ${seen.length}.`);
  if (seen.length === 0) {
    output.note(
      'An inbox deletes the bodies of done events. To keep whole deliveries, run "listen --record".',
    );
  }
  if (forged > 0) output.note(`Skipped, because they were not authentic: ${forged}.`);
  if (unreadable > 0) output.note(`Skipped, because they contain no event that can be read: ${unreadable}.`);
}
