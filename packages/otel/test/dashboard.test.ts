import { readFileSync } from 'node:fs';
import { DataPointType } from '@opentelemetry/sdk-metrics';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { observeInbox } from '@showpad-webhooks/otel';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import { listen, TYPE } from './app.ts';
import { createMeters } from './sdk.ts';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

interface Alerts {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

const read = (file: string) => readFileSync(new URL(`../grafana/${file}`, import.meta.url), 'utf8');
const { panels }: Dashboard = JSON.parse(read('dashboard.json'));
const { groups }: Alerts = parse(read('alerts.yaml'));

const SUFFIXES: Readonly<Record<DataPointType, readonly string[]>> = {
  [DataPointType.SUM]: ['_total'],
  [DataPointType.GAUGE]: [''],
  [DataPointType.HISTOGRAM]: ['_bucket', '_count'],
  [DataPointType.EXPONENTIAL_HISTOGRAM]: [],
};
const SCRAPED = ['le', 'job', 'instance'];

/** The metrics that are measured, with the names that Prometheus gives them when it receives OTLP, and their labels. */
async function measured(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const meters = createMeters();
  const inbox = createMemoryInbox({ maxAttempts: 1, pollMs: 5 });
  let isDown = true;
  const down = async () => {
    if (isDown) throw new Error('down');
  };
  const failing = { on: { [TYPE]: down } };
  const options = { meterProvider: meters.provider };
  const [direct, queued] = [await listen(failing, options), await listen({ ...failing, inbox }, options)];
  onTestFinished(observeInbox(inbox, options));
  await queued.receiver.start();
  for (const { deliver } of [direct, queued]) await deliver(TYPE, 'retried');
  await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ dead: 1 }));
  isDown = false;
  await direct.deliver(TYPE, 'retried');

  const found = new Map<string, Set<string>>();
  for (const { descriptor, dataPointType, dataPoints } of await meters.collect()) {
    const base = descriptor.name.replaceAll('.', '_') + (descriptor.unit === 's' ? '_seconds' : '');
    const labels = dataPoints.flatMap(({ attributes }) => Object.keys(attributes));
    for (const suffix of SUFFIXES[dataPointType]) {
      found.set(base + suffix, new Set([...SCRAPED, ...labels.map((label) => label.replaceAll('.', '_'))]));
    }
  }
  return found;
}

/** The series that an expression asks for. It may only use labels that they have. */
function seriesIn(
  title: string,
  expr: string,
  known: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  const words = expr.replace(/"[^"]*"|\[[^[\]]*\]/g, '').match(/\b[a-z]+(_[a-z\d]+)+\b|\ble\b/g) ?? [];
  const asked = words.filter((word) => known.has(word));
  expect(asked, title).not.toEqual([]);
  const labels = new Set(asked.flatMap((series) => [...(known.get(series) ?? [])]));
  const unknown = words.filter(
    (word) => !known.has(word) && !labels.has(word) && word !== 'histogram_quantile',
  );
  expect(unknown, title).toEqual([]);
  return asked;
}

test('the dashboard asks for what is measured, and only by labels that it has', async () => {
  const known = await measured();
  const shown = panels.flatMap(({ title, targets }) =>
    targets.flatMap(({ expr }) => seriesIn(title, expr, known)),
  );
  const metrics = (series: Iterable<string>) =>
    new Set([...series].map((name) => name.replace(/_(bucket|count)$/, '')));
  expect(metrics(shown)).toEqual(metrics(known.keys()));
});

test('the alerts ask for what is measured, and only by labels that it has', async () => {
  const known = await measured();
  const rules = groups.flatMap((group) => group.rules);
  expect(rules).toHaveLength(6);
  for (const { alert, expr } of rules) seriesIn(alert, expr, known);
});
