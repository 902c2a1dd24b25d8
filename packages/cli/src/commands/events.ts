import { EVENT_TYPES, sampleJson } from '@showpad-webhooks/core/testing';
import { Argument, type Command } from 'commander';
import { usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { doubtAbout, hasSample, listTypes } from '../input/event-types.ts';
import { paint } from '../terminal/output.ts';

export function addEvents(program: Command, { output }: Context): void {
  const events = program
    .command('events')
    .description('Show the event types that Showpad documents publicly');
  events
    .command('list')
    .description('List the event types')
    .action(() => {
      for (const { type, isDocumented } of EVENT_TYPES) {
        const status = isDocumented ? 'documented' : 'type documented, payload inferred';
        output.result({ type, isDocumented }, [type.padEnd(24), paint('dim', status)]);
      }
    });
  events
    .command('show')
    .description('Print the sample of an event type as JSON')
    .addArgument(new Argument('<type>', 'Event type'))
    .addHelpText(
      'after',
      `
Example:
  $ showpad-webhooks events show shared-space-user-added > body.json`,
    )
    .action((type: string) => {
      if (!hasSample(type)) {
        throw usageError(`There is no sample for "${type}".`, `These types have one: ${listTypes()}.`);
      }
      const doubt = doubtAbout(type);
      if (doubt) output.note(doubt);
      const sample = sampleJson(type);
      output.exactResult(sample, JSON.stringify(sample, null, 2));
    });
}
