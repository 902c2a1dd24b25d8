import { type Command, Option } from 'commander';
import { CliError, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { DEFAULT_FOLDER, readCatalogue } from '../events/catalogue.ts';
import type { Merged } from '../events/merge.ts';
import type { PlaceFlags } from '../events/place.ts';
import { paint } from '../terminal/output.ts';

export function folderFlag(): Option {
  return new Option('--dir <folder>', 'Folder of your catalogue').default(DEFAULT_FOLDER);
}

/** The flags of every command that writes the generated file. */
export function placeFlags(command: Command): Command {
  return command
    .addOption(folderFlag())
    .option('--out <file>', 'File to generate; it is remembered in the catalogue')
    .option('--package <name>', 'Package whose types are extended; it is remembered in the catalogue');
}

export function addEventsGenerate(events: Command, context: Context): void {
  placeFlags(events.command('generate'))
    .description('Write TypeScript types and validators of your catalogue')
    .addHelpText(
      'after',
      `
It writes one TypeScript file, which your own build compiles: src/showpad-events.ts, or index.ts in the catalogue if there
is no folder src. The types extend those of the showpad-webhooks package in your package.json. Commit the file.

Examples:
  $ showpad-webhooks events generate
  $ showpad-webhooks events generate --out src/webhooks/events.ts --package @showpad-webhooks/express`,
    )
    .action(async (flags: PlaceFlags) => {
      if ((await readCatalogue(flags.dir)).length === 0) {
        throw noEvents(flags.dir);
      }
      await writeGenerated(flags, context);
    });
}

export function noEvents(dir: string): CliError {
  return usageError(
    `There is no event in "${dir}".`,
    'Add one with "events add". If you have a catalogue already, run this in the folder of your app, or pass --dir.',
  );
}

/** Reports what became of each type, and writes the generated file. */
export async function finish(merged: readonly Merged[], flags: PlaceFlags, context: Context): Promise<void> {
  for (const { type, change, allowed } of merged) {
    context.output.result(
      { type, change, allowed },
      [type, paint(change === 'unchanged' ? 'dim' : 'green', change)],
      ...allowed.map(({ path, change: what }) => `  ${path} ${what}`),
    );
  }
  if (merged.length === 0) return;
  try {
    await writeGenerated(flags, context);
  } catch (error) {
    // The catalogue has what was asked for, and it can be useful without an app.
    if (!(error instanceof CliError) || flags.package || flags.out) throw error;
    context.output.note(`${error.message} ${error.hint ?? ''}`);
  }
}

async function writeGenerated(flags: PlaceFlags, { output }: Context): Promise<void> {
  const { generate } = await import('../events/generate.ts');
  const { readPlace } = await import('../events/place.ts');
  const { path, isChanged } = await generate(await readPlace(flags));
  output.result({ generated: path, isChanged }, [path, paint('dim', isChanged ? 'generated' : 'unchanged')]);
  output.note(
    `To validate events too, import { schemas } from "${path}", and pass the option "schemas" to the receiver.`,
  );
}
