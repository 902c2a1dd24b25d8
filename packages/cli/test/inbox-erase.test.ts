import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createReceiver } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { personMatcher } from '../src/inbox/person.ts';
import { openFolder, runCommand, valuesOf } from './command.ts';
import { type App, KEY, startSqliteApp, TYPE } from './inbox-app.ts';

const inbox = (store: string, ...args: readonly string[]) => runCommand(['inbox', ...args, '--store', store]);

const deliver = ({ receiver }: Pick<App, 'receiver'>, id: string, email: string) =>
  receiver.receive(signedDelivery(TYPE, { key: KEY, id, data: { invitee: { email } } }));

/** An app with dead entries of Jane and of John, and a folder with recordings of both. */
async function startAppOfTwo() {
  const app = await startSqliteApp();
  await deliver(app, 'jane-1', 'Jane@example.com');
  await deliver(app, 'john-1', 'john@example.com');
  await app.dead(2);
  const folder = join(openFolder(), 'recordings');
  await inbox(app.store, 'export', '--all', '--to', folder);
  return { ...app, folder };
}

const JANE = ['--where', 'data.invitee.email=jane@example.com'];

test('finds a person in what went wrong in an earlier attempt', () => {
  const failed = { code: 'HANDLER_FAILED', message: 'There is no jane@example.com.' };
  const failures = [{ ...failed, attempt: 1, generation: 0, startedAtMs: 0, endedAtMs: 1 }];
  const entry = { id: '1', url: undefined, headers: {}, error: undefined };
  const matches = personMatcher({ containing: ['Jane@example.com'] });
  expect([matches(entry), matches({ ...entry, failures })]).toEqual([false, true]);
});

test('erases a person from the inbox and from recordings, and gives a receipt', async () => {
  const { folder, ...app } = await startAppOfTwo();
  const erase = (...flags: readonly string[]) => inbox(app.store, 'erase', '--recordings', folder, ...flags);

  const dry = await erase(...JANE, '--dry-run', '--yes', '--json');
  expect(valuesOf(dry)).toMatchObject([
    { id: 'jane-1', state: 'dead', isErased: false },
    { file: expect.stringContaining(folder), isErased: false },
  ]);
  expect(dry).toMatchObject({
    exitCode: 0,
    stderr: '--dry-run: 1 entry and 1 recording would be erased. Nothing was changed.\n',
  });
  const unconfirmed = await erase(...JANE);
  expect(unconfirmed.exitCode).toBe(2);
  expect(unconfirmed.stderr).toContain('Pass --yes');
  expect([(await app.inbox.counts()).dead, readdirSync(folder).length]).toEqual([2, 2]);

  const erased = await erase(...JANE, '--yes', '--json');
  expect(valuesOf(erased)).toEqual([{ pending: 0, done: 0, dead: 1, running: [], recordings: 1 }]);
  expect(erased).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await app.inbox.counts()).toMatchObject({ dead: 1, done: 1 });
  expect(readdirSync(folder)).toHaveLength(1);
  expect((await deliver(app, 'jane-1', 'Jane@example.com')).outcome).toBe('duplicate');
  expect(await erase(...JANE, '--yes')).toMatchObject({
    exitCode: 0,
    stderr: '0 entries and 0 recordings would be erased. Nothing was changed.\n',
  });

  const other = await erase('--containing', 'JOHN@EXAMPLE', '--yes');
  expect(other.stdout).toBe('erased  pending 0  done 0  dead 1  recordings 1\n');
});

test('erases by id, also without recordings', async () => {
  const app = await startSqliteApp('one', 'two');
  expect(await inbox(app.store, 'erase', 'one', 'three', '--yes')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('no entry of an event "three"'),
  });
  expect(await app.inbox.counts()).toMatchObject({ dead: 2 });
  const { stdout } = await inbox(app.store, 'erase', 'one', '--yes');
  expect(stdout).toBe('erased  pending 0  done 0  dead 1  recordings 0\n');
  expect((await inbox(app.store, 'list', '--state', 'done')).stdout).toMatch(/done {2}erased:\d+ {2}shared-/);
});

test('names what it could not erase, and fails', async () => {
  const { folder, ...app } = await startAppOfTwo();
  const letter = { headers: {}, body: Buffer.from('{"email":"jane@example.com"}').toString('base64') };
  writeFileSync(join(folder, 'dead.jsonl'), `${JSON.stringify(letter)}\n`);
  writeFileSync(join(folder, 'notes.json'), '{"email":"jane@example.com"}');
  const args = ['--containing', 'jane@example.com', '--recordings', folder, '--yes'];
  const { exitCode, stdout } = await inbox(app.store, 'erase', ...args);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('dead.jsonl  It has 1 such dead letter. Delete the line yourself.');
  expect(stdout).toContain('notes.json  It could not be read as a recording, so it was not searched.');
  expect(stdout).toContain('erased  pending 0  done 0  dead 1  recordings 1');
});

test('says what the app is handling, and fails', async () => {
  const file = join(openFolder(), 'showpad.db');
  const kept = createSqliteInbox({ file });
  const receiver = createReceiver({ keys: KEY, inbox: kept });
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  receiver.on(TYPE, async function crm() {
    await ended;
  });
  await receiver.start();
  onTestFinished(() => receiver.close());
  await deliver({ receiver }, 'slow', 'jane@example.com');
  await expect.poll(async () => (await kept.counts()).leased).toBe(1);
  const { exitCode, stdout } = await inbox(`sqlite:${file}`, 'erase', ...JANE, '--yes');
  expect(exitCode).toBe(1);
  expect(stdout).toContain('not erased  slow  The app is handling it');
  end();
});

test.each([
  [['--yes'], 'Which entries?'],
  [['one', '--containing', 'jane'], 'Which entries?'],
  [['--where', 'jane@example.com'], '--where is not a field and its value.'],
  [['--containing', ' '], '--containing needs a text'],
  [['--containing', 'x', '--recordings', 'no-such-folder'], 'cannot be read (ENOENT)'],
])('%j is refused', async (args, message) => {
  const { store } = await startSqliteApp();
  const { exitCode, stderr } = await inbox(store, 'erase', ...args);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
});

describe('who is meant', () => {
  const searched = (body: string) => ({
    id: 'an-id',
    url: '/hook?u=jane',
    headers: { 'x-user': 'jane' },
    error: { code: 'HANDLER_FAILED', message: 'No contact of Jane.' },
    body: Buffer.from(body),
  });

  test.each([
    [{ where: ['data.email=jane@example.com'] }, '{"data":{"email":"JANE@example.com"}}', true],
    [{ where: ['data.email=jane@example.com'] }, '{"data":{"email":"mary-jane@example.com"}}', false],
    [{ where: ['data.items.email=jane'] }, '{"data":{"items":[{"email":"john"},{"email":"jane"}]}}', true],
    [{ where: ['data.emails=jane'] }, '{"data":{"emails":["john","jane"]}}', true],
    [{ where: ['data.id=7'] }, '{"data":{"id":7}}', true],
    [{ where: ['data.length=1'] }, '{"data":"x"}', false],
    [{ where: ['a=1', 'b=2'] }, '{"b":2}', true],
    [{ where: ['a=1'] }, 'no JSON', false],
    [{ containing: ['josé'] }, '{"a":[{"b":["Jos\\u00c9 Garc\\u00eda"]}]}', true],
    [{ containing: ['jose\u0301'] }, '{"a":"José"}', true],
    [{ containing: ['jane'] }, 'no JSON, but Jane', true],
    [{ containing: ['"email"'] }, '{"email":"x"}', false],
    [{ containing: ['email'] }, '{"email":"x"}', true],
    [{ containing: ['/hook?u=jane'] }, '{}', true],
    [{ containing: ['no contact'] }, '{}', true],
    [{ containing: ['mary'] }, '{}', false],
  ])('%j in %s: %s', (flags, body, isMeant) => {
    expect(personMatcher(flags)(searched(body))).toBe(isMeant);
  });

  test('is found at any depth', () => {
    const deep = `${'['.repeat(50_000)}"jane"${']'.repeat(50_000)}`;
    expect(
      personMatcher({ containing: ['jane'] })({ ...searched(deep), headers: {}, error: undefined }),
    ).toBe(true);
  });
});
