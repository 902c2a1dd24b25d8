import { createEmulator } from '@showpad-webhooks/emulator';
import { expect, onTestFinished, test } from 'vitest';
import { runCommand, valuesOf } from './command.ts';

test('events list knows the types that the emulator knows', async () => {
  const emulator = await createEmulator();
  onTestFinished(() => emulator.close());
  const response = await fetch(`${emulator.url}/__emulator/catalogue`);
  const all = (await response.json()) as { type: string; isDocumented: boolean }[];
  // The emulator assumes the type of one more event, and not even the type of that one is documented.
  const catalogue = all.filter(({ type }) => type !== 'shared-space-content-added-v2');
  const finished = await runCommand(['events', 'list', '--json']);
  expect(valuesOf(finished)).toEqual(catalogue.map(({ type, isDocumented }) => ({ type, isDocumented })));
});

test('events show prints the sample as JSON, and says on stderr what of it is inferred', async () => {
  const documented = await runCommand(['events', 'show', 'shared-space-user-added']);
  expect(JSON.parse(documented.stdout)).toMatchObject({ time: '2022-15-30T06:45:00.250Z' });
  expect(documented.stderr).toBe('');
  const inferred = await runCommand(['events', 'show', 'COURSE_COMPLETED']);
  expect(JSON.parse(inferred.stdout)).toMatchObject({ type: 'COURSE_COMPLETED' });
  expect(inferred.stderr).toContain('inferred');
  expect((await runCommand(['events', 'show', 'COURSE_COMPLETED', '--quiet'])).stderr).toBe('');
});
