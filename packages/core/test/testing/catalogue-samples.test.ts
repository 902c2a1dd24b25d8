import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReceiver } from '@showpad-webhooks/core';
import { readSamples, sampleEvent, sampleJson, signedDelivery } from '@showpad-webhooks/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { KEY } from '../support.ts';

const SAMPLE = {
  type: 'content-shared',
  specversion: 1,
  id: 'sample-1',
  time: '2026-01-05T08:30:00Z',
  data: { title: 'Title 1' },
};

/** Makes the folder of an app the working directory, as it is when its tests run. */
function openApp(files: Readonly<Record<string, string>>): void {
  const before = process.cwd();
  const app = mkdtempSync(join(tmpdir(), 'showpad-webhooks-app-'));
  mkdirSync(join(app, 'showpad-events'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(app, 'showpad-events', name), text);
  process.chdir(app);
  onTestFinished(() => {
    process.chdir(before);
    rmSync(app, { recursive: true });
  });
}

test('the samples of the catalogue in the working directory can be used like those of Showpad', async () => {
  openApp({ 'content-shared.sample.json': JSON.stringify(SAMPLE), 'content-shared.schema.json': '{}' });
  expect(readSamples()).toEqual([SAMPLE]);
  expect(sampleEvent('content-shared')).toMatchObject({
    id: 'sample-1',
    data: { title: 'Title 1' },
    date: expect.any(Date),
  });
  expect(sampleJson('content-shared')).toEqual(SAMPLE);
  const seen: unknown[] = [];
  const receiver = createReceiver({ keys: KEY }).onUnknown(({ data }) => seen.push(data));
  const { outcome, event } = await receiver.receive(signedDelivery('content-shared', { key: KEY }));
  expect([outcome, seen]).toEqual(['handled', [SAMPLE.data]]);
  expect(event?.id).not.toBe('sample-1');
});

test('a sample of the catalogue goes before an inferred one', () => {
  openApp({ 'x.sample.json': JSON.stringify({ ...SAMPLE, type: 'shared-space-created' }) });
  expect(sampleJson('shared-space-created').data).toEqual({ title: 'Title 1' });
});

test.each(['', '{', 'null', '[]', '{"type":"x"}', '{"type":1,"id":"1","data":{}}'])(
  'the file of a sample that contains %j is named in the error',
  (text) => {
    openApp({ 'x.sample.json': text });
    expect(() => readSamples()).toThrow(/x\.sample\.json" is not an event with a type, an id and data/);
  },
);

test('a folder that does not exist has no samples', () => {
  expect(readSamples('no-such-folder')).toEqual([]);
});
