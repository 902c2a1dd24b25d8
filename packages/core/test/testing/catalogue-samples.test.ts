import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
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

/** Makes the folder of an app with a catalogue. Returns both. */
function makeApp(files: Readonly<Record<string, string>>) {
  const app = mkdtempSync(join(tmpdir(), 'showpad-webhooks-app-'));
  onTestFinished(() => rmSync(app, { recursive: true }));
  const catalogue = join(app, 'showpad-events');
  mkdirSync(catalogue);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(catalogue, name), text);
  return { app, catalogue };
}

/** Makes the folder of an app the working directory, as it is when its tests run. */
function openApp(files: Readonly<Record<string, string>>): void {
  const before = process.cwd();
  process.chdir(makeApp(files).app);
  onTestFinished(() => process.chdir(before));
}

// Mutation tests run in threads, and a thread cannot change the working directory.
const testInApp = test.skipIf(!isMainThread);

testInApp('samples in the working directory can be used like those of Showpad', async () => {
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

testInApp('a sample of the catalogue goes before an inferred one', () => {
  openApp({ 'x.sample.json': JSON.stringify({ ...SAMPLE, type: 'shared-space-created' }) });
  expect(sampleJson('shared-space-created').data).toEqual({ title: 'Title 1' });
  expect(sampleJson('COURSE_COMPLETED').type).toBe('COURSE_COMPLETED');
});

test.each([
  '',
  '{',
  'null',
  '[]',
  '{"type":"x"}',
  '{"type":"x","id":"1"}',
  '{"type":"x","id":1,"data":{}}',
  '{"type":1,"id":"1","data":{}}',
  '{"type":"","id":"1","data":{}}',
])('the file of a sample that contains %j is named in the error', (text) => {
  const { catalogue } = makeApp({ 'x.sample.json': text });
  expect(() => readSamples(catalogue)).toThrow(
    /x\.sample\.json" is not an event with a type, an id and data/,
  );
});

test('samples are read in the order of their names, and nothing else is read', () => {
  const file = (type: string) => JSON.stringify({ ...SAMPLE, type });
  const { catalogue } = makeApp({
    'b.sample.json': file('b'),
    'a.sample.json': file('a'),
    'a.schema.json': '{}',
    'sample.json.txt': 'x',
  });
  expect(readSamples(catalogue).map(({ type }) => type)).toEqual(['a', 'b']);
});

test('a folder that cannot be read is an error', () => {
  const { catalogue } = makeApp({ file: '' });
  expect(() => readSamples(join(catalogue, 'file'))).toThrow('ENOTDIR');
});

test('a folder that does not exist has no samples', () => {
  expect(readSamples('no-such-folder')).toEqual([]);
});
