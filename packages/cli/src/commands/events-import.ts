import { Argument, type Command } from 'commander';
import { usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { Merged } from '../events/merge.ts';
import type { PlaceFlags } from '../events/place.ts';
import { readText } from './events-add.ts';
import { finish, placeFlags } from './events-generate.ts';

interface ImportFlags extends PlaceFlags {
  readonly type?: string;
  readonly schema?: string;
}

export function addEventsImport(events: Command, context: Context): void {
  placeFlags(events.command('import'))
    .description('Add events from JSON Schema or OpenAPI, such as Showpad’s Payload Reference')
    .addArgument(new Argument('<file...>', 'JSON or YAML; - for stdin'))
    .option('--type <type>', 'Event type, if the file contains only the schema of its data')
    .option('--schema <name>', 'The one schema of the file to read, if none of them names its event type')
    .addHelpText(
      'after',
      `
Examples:
  $ showpad-webhooks events import payloads.yaml
  $ showpad-webhooks events import payloads.yaml --schema ContentSharedData --type content-shared
  $ showpad-webhooks events import data.schema.json --type content-shared`,
    )
    .action(async (files: readonly string[], flags: ImportFlags) => {
      if (flags.schema !== undefined && flags.type === undefined) {
        throw usageError('--schema names a schema, but not its event type.', 'Pass the type with --type.');
      }
      const { readSchemas } = await import('../events/import-schemas.ts');
      const { mergeSchema } = await import('../events/merge.ts');
      const { sampleEventOf } = await import('../events/read-events.ts');
      const { sampleOfSchema } = await import('../events/sample-of-schema.ts');
      const merged: Merged[] = [];
      for (const name of files) {
        const text = await readText(name, context.io);
        const imported = await readSchemas({ text, name, type: flags.type, schemaName: flags.schema });
        for (const { type, schema } of imported) {
          const origins = { payloadReference: true as const };
          const sample = sampleEventOf(type, sampleOfSchema(schema));
          merged.push(await mergeSchema(flags.dir, { type, schema, origins }, (known) => known ?? sample));
        }
      }
      await finish(merged, flags, context);
    });
}
