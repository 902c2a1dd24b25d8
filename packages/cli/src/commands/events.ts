import { EVENT_TYPES, sampleJson } from '@showpad-webhooks/core/testing';
import { Argument, type Command } from 'commander';
import { usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { type CatalogueEvent, type Origins, readCatalogue } from '../events/catalogue.ts';
import { doubtAbout, hasSample, isPublic } from '../input/event-types.ts';
import { type Line, paint } from '../terminal/output.ts';
import { addEventsAdd } from './events-add.ts';
import { addEventsCheck } from './events-check.ts';
import { addEventsGenerate, folderFlag } from './events-generate.ts';
import { addEventsImport } from './events-import.ts';
import { addEventsLearn } from './events-learn.ts';

interface CatalogueFlags {
  readonly dir: string;
}

export function addEvents(program: Command, context: Context): void {
  const { output } = context;
  const events = program
    .command('events')
    .description('Type your own events, and show the event types that are known');
  addEventsAdd(events, context);
  addEventsLearn(events, context);
  addEventsImport(events, context);
  addEventsGenerate(events, context);
  addEventsCheck(events, context);
  events
    .command('list')
    .description('List the event types that Showpad documents, and those of your catalogue')
    .addOption(folderFlag())
    .action(async ({ dir }: CatalogueFlags) => {
      const catalogue = await readCatalogue(dir);
      for (const { type, isDocumented } of EVENT_TYPES) {
        const own = catalogue.find((event) => event.type === type);
        const status = isDocumented ? 'documented' : 'type documented, payload inferred';
        output.result(
          { type, isDocumented, ...(own && { origins: own.origins }) },
          lineOf(type, own ? `${status}; in your catalogue: ${originOf(own.origins)}` : status),
        );
      }
      for (const { type, origins } of catalogue.filter((event) => !isPublic(event.type))) {
        output.result(
          { type, isDocumented: false, origins },
          lineOf(type, `in your catalogue: ${originOf(origins)}`),
        );
      }
    });
  events
    .command('show')
    .description('Print the sample of an event type, or its schema, as JSON')
    .addArgument(new Argument('<type>', 'Event type'))
    .addOption(folderFlag())
    .option('--schema', 'Print the JSON Schema of the data')
    .addHelpText(
      'after',
      `
Examples:
  $ showpad-webhooks events show shared-space-user-added > body.json
  $ showpad-webhooks events show content-shared --schema`,
    )
    .action(async (type: string, { dir, schema }: CatalogueFlags & { readonly schema?: true }) => {
      const catalogue = await readCatalogue(dir);
      const own = catalogue.find((event) => event.type === type);
      const shown = schema ? schemaOf(own, type, dir) : sampleOf(own, type, catalogue);
      const doubt = own ? undefined : doubtAbout(type);
      if (doubt) output.note(doubt);
      output.exactResult(shown, JSON.stringify(shown, null, 2));
    });
}

function schemaOf(own: CatalogueEvent | undefined, type: string, dir: string): unknown {
  if (own) return own.schema;
  throw usageError(`There is no schema of "${type}" in "${dir}".`, 'Add the event with "events add".');
}

function sampleOf(
  own: CatalogueEvent | undefined,
  type: string,
  catalogue: readonly CatalogueEvent[],
): unknown {
  if (own?.sample) return own.sample;
  if (hasSample(type)) return sampleJson(type);
  const types = [...new Set([...EVENT_TYPES, ...catalogue].map((each) => each.type))].join(', ');
  throw usageError(
    `There is no sample for "${type}".`,
    `These types have one: ${types}. To add your own, run "events add".`,
  );
}

function lineOf(type: string, status: string): Line {
  return [type.padEnd(24), paint('dim', status)];
}

function originOf({ sampleBody, payloadReference, observedDeliveries }: Origins): string {
  const origins = [
    sampleBody && 'Sample Body',
    payloadReference && 'Payload Reference',
    observedDeliveries &&
      `observed in ${observedDeliveries} ${observedDeliveries === 1 ? 'delivery' : 'deliveries'}`,
  ];
  return origins.filter(Boolean).join(', ') || 'written by hand';
}
