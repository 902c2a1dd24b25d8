import { EVENT_TYPES, sampleEvent } from '@showpad-webhooks/core/testing';
import { Argument, type Command } from 'commander';
import { usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { doubtAbout } from '../event-types.ts';

export function addEvents(program: Command, { output }: Context): void {
  const events = program.command('events').description('The event types that Showpad documents publicly.');
  events
    .command('list')
    .description('Lists them.')
    .action(() => {
      for (const { type, isDocumented } of EVENT_TYPES) {
        const status = isDocumented ? 'documented' : 'type documented, payload inferred';
        output.result(`${type.padEnd(26)}${output.paint('dim', status)}`, { type, isDocumented });
      }
    });
  events
    .command('show')
    .description('Prints the sample of one, as JSON.')
    .addArgument(new Argument('<type>', 'an event type'))
    .addHelpText(
      'after',
      `
Example:
  $ showpad-webhooks events show shared-space-user-added > body.json`,
    )
    .action((type: string) => {
      if (!EVENT_TYPES.some((each) => each.type === type)) {
        const types = EVENT_TYPES.map((each) => each.type).join(', ');
        throw usageError(`there is no sample of "${type}".`, `There are: ${types}.`);
      }
      const doubt = doubtAbout(type);
      if (doubt) output.note(doubt);
      const sample = sampleEvent(type);
      output.result(JSON.stringify(sample, null, 2), sample);
    });
}
