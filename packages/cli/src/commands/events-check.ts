import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EVENT_TYPES } from '@showpad-webhooks/core/testing';
import { Argument, type Command } from 'commander';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { type CatalogueEvent, readCatalogue } from '../events/catalogue.ts';
import type { Difference } from '../events/differences.ts';
import type { Observed, ObservedSource } from '../events/observed.ts';
import type { PlaceFlags } from '../events/place.ts';
import { EXIT } from '../exit-code.ts';
import { paint } from '../terminal/output.ts';
import { folderFlag, noEvents } from './events-generate.ts';
import { noteSkipped, type StoreFlags, storeFlags, storeOf } from './events-learn.ts';

/** Where "listen --record" writes in all examples. */
const RECORDINGS = 'recordings';

export function addEventsCheck(events: Command, context: Context): void {
  storeFlags(events.command('check'))
    .description('Check that the generated file is up to date, and that deliveries fit your catalogue')
    .addArgument(
      new Argument('[path...]', `Recordings, or folders of them (default: "${RECORDINGS}", if it exists)`),
    )
    .addOption(folderFlag())
    .addHelpText(
      'after',
      `
It lists each difference with its path and its types, and never with a value. The exit code is 1 if there is one.

Examples:
  $ showpad-webhooks events check
  $ showpad-webhooks events check recordings --json
  $ showpad-webhooks events check --store sqlite:showpad.db`,
    )
    .action(async (paths: readonly string[], flags: PlaceFlags & StoreFlags) => {
      const catalogue = await readCatalogue(flags.dir);
      if (catalogue.length === 0) throw noEvents(flags.dir);
      const isStale = await checkGenerated(flags, context);
      const { rootOf } = await import('../events/place.ts');
      const usual = join(rootOf(flags.dir).root, RECORDINGS);
      const recordings =
        paths.length === 0 && flags.store === undefined && (await hasRecordings(usual)) ? [usual] : paths;
      const hasDrifted = await checkEvents(
        catalogue,
        { paths: recordings, store: await storeOf(flags, context.io) },
        context,
      );
      if (hasDrifted) {
        context.output.note(
          'To accept a difference, run "events learn" with the same recordings or store. Then compile your app, because handlers may have to change.',
        );
      }
      if (isStale || hasDrifted) context.exitCode = EXIT.failed;
      else context.output.note('No difference was found.');
    });
}

async function hasRecordings(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.some((name) => name.endsWith('.json'));
}

async function checkGenerated(flags: PlaceFlags, { output }: Context): Promise<boolean> {
  const { findAppPackage, generatedPath } = await import('../events/app-package.ts');
  const { isOutOfDate } = await import('../events/generate.ts');
  const { readPlace } = await import('../events/place.ts');
  const place = await readPlace(flags);
  const path = place.out ?? generatedPath(place.root, place.folder);
  if (place.package === undefined) {
    try {
      await findAppPackage(place.root);
    } catch (error) {
      // A catalogue can be useful without an app.
      if (!(error instanceof CliError)) throw error;
      output.note(error.message);
      return false;
    }
  }
  if (!(await isOutOfDate(place))) return false;
  output.result({ outOfDate: path }, [
    path,
    paint('red', 'is out of date: run "showpad-webhooks events generate"'),
  ]);
  return true;
}

async function checkEvents(
  catalogue: readonly CatalogueEvent[],
  source: ObservedSource,
  { io, output }: Context,
): Promise<boolean> {
  const { findDifferences } = await import('../events/differences.ts');
  const { readObserved } = await import('../events/observed.ts');
  const samples = catalogue.flatMap(({ type, sample }) => (sample ? [{ type, data: sample.data }] : []));
  const inSamples = await findDifferences(catalogue, samples);
  for (const difference of inSamples) report(difference, 'sample', output);
  if (source.paths.length === 0 && !source.store) return inSamples.length > 0;
  const observed = await readObserved(source, io.signal);
  noteSkipped(observed, output);
  noteUnknown(observed, catalogue, output);
  const differences = await findDifferences(catalogue, observed.seen);
  for (const difference of differences) report(difference, 'delivery', output);
  return inSamples.length + differences.length > 0;
}

function report(difference: Difference, place: 'sample' | 'delivery', output: Context['output']): void {
  const { type, path, problem, events } = difference;
  const where = place === 'sample' ? 'in the sample' : `in ${events} ${events === 1 ? 'event' : 'events'}`;
  output.result({ ...difference, in: place }, [
    type,
    paint('red', `${path} ${problem}`),
    paint('dim', where),
  ]);
}

function noteUnknown(
  { seen }: Observed,
  catalogue: readonly CatalogueEvent[],
  output: Context['output'],
): void {
  const typed = EVENT_TYPES.filter(({ isDocumented }) => isDocumented);
  const known = new Set<string>([...catalogue, ...typed].map(({ type }) => type));
  const unknown = [...new Set(seen.map(({ type }) => type))].filter((type) => !known.has(type));
  if (unknown.length > 0)
    output.note(`Not in the catalogue: ${unknown.join(', ')}. Add them with "events learn".`);
}
