import { Argument, type Command } from 'commander';
import type { Context } from '../context.ts';
import type { PlaceFlags } from '../events/place.ts';
import type { SeenEvent } from '../events/read-events.ts';
import { readInput, readPath } from '../input/read-input.ts';
import type { Io } from '../terminal/io.ts';
import { finish, placeFlags } from './events-generate.ts';

interface AddFlags extends PlaceFlags {
  readonly type?: string;
}

export function addEventsAdd(events: Command, context: Context): void {
  placeFlags(events.command('add'))
    .description('Add events to your catalogue, from a Sample Body of the Admin App')
    .addArgument(new Argument('<file...>', 'Sample Body as pasted, or a whole event; - for stdin'))
    .option('--type <type>', 'Event type, if the text does not name it')
    .addHelpText(
      'after',
      `
It keeps a JSON Schema and a sample of each event type, and generates the types. Names, e-mail addresses and ids in the
sample are replaced by invented ones. If the type is in the catalogue already, its schema only ever allows more.

Examples:
  $ showpad-webhooks events add sharing.json
  $ showpad-webhooks events add - --type content-shared < sample.txt`,
    )
    .action(async (files: readonly string[], flags: AddFlags) => {
      // Loaded only here, like everything else of the catalogue, because most commands do not need it.
      const { readPasted } = await import('../events/read-events.ts');
      const { mergeSeen } = await import('../events/merge.ts');
      const seen: SeenEvent[] = [];
      for (const name of files) {
        seen.push(...readPasted({ text: await readText(name, context.io), name, type: flags.type }));
      }
      await finish(
        await mergeSeen(flags.dir, seen, { origin: 'sampleBody', keepSamples: false }),
        flags,
        context,
      );
    });
}

/** Reads a file, or stdin. An error never says what is in it. */
export async function readText(name: string, io: Io): Promise<string> {
  const bytes = name === '-' ? await readInput('-', 'the event', io) : await readPath(name);
  // Windows may write what is pasted into a file as UTF-16.
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(bytes);
}
