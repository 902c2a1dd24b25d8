import { Argument, type Command } from 'commander';
import type { Context } from '../context.ts';
import type { Observed } from '../events/observed.ts';
import type { PlaceFlags } from '../events/place.ts';
import type { Output } from '../terminal/output.ts';
import { finish, placeFlags } from './events-generate.ts';

export function addEventsLearn(events: Command, context: Context): void {
  placeFlags(events.command('learn'))
    .description('Learn from recorded deliveries what your events look like')
    .addArgument(new Argument('<path...>', 'Folder of recordings, or one recording'))
    .addHelpText(
      'after',
      `
It looks at all deliveries together: a field that some lack becomes optional, and one that is sometimes null or of another
type gets both types. A schema only ever allows more. Deliveries that were not authentic are skipped.

Example:
  $ showpad-webhooks listen --key @crm.key --record recordings
  $ showpad-webhooks events learn recordings`,
    )
    .action(async (paths: readonly string[], flags: PlaceFlags) => {
      const { readObserved } = await import('../events/observed.ts');
      const { mergeSeen } = await import('../events/merge.ts');
      const observed = await readObserved(paths);
      noteSkipped(observed, context.output);
      await finish(
        await mergeSeen(flags.dir, observed.seen, { origin: 'observed', keepSamples: true }),
        flags,
        context,
      );
    });
}

export function noteSkipped({ seen, forged, unreadable }: Observed, output: Output): void {
  output.note(`Deliveries with an event: ${seen.length}.`);
  if (forged > 0) output.note(`Skipped, because they were not authentic: ${forged}.`);
  if (unreadable > 0) output.note(`Skipped, because they contain no event that can be read: ${unreadable}.`);
}
