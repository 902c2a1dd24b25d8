import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { sampleEvent, signedDelivery } from '@showpad-webhooks/express/testing';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { openStage, type Stage } from './stage.ts';

const { type, data } = sampleEvent('shared-space-user-added');
const contact = { sharedSpace: 'Breakfast Service' };
let stage: Stage;
let lines: string[];

beforeEach(async () => {
  lines = [];
  stage = await openStage((line) => lines.push(line));
});
afterEach(() => stage.close());

async function statuses(): Promise<(number | undefined)[]> {
  return (await stage.showpad.attempts()).map(({ response }) => response?.status);
}

test('is retried while the CRM is down, and does each thing once', async () => {
  const { crm, showpad, send } = stage;
  crm.state = 'down';
  await send(type);
  expect(lines).toContainEqual(expect.stringContaining('The CRM answered 503 to PUT /contacts.'));
  crm.state = 'up';
  await showpad.advanceTime(15_000);
  expect(await statuses()).toEqual([500, 200]);
  expect([...crm.contacts]).toEqual([['kent.cook@showpad.com', contact]]);
  expect([...crm.deals]).toEqual([[data.sharedSpace.id, { name: 'Breakfast Service', stage: 'engaged' }]]);
});

test('repeats only the call that the rate limit had prevented', async () => {
  const { crm, showpad, send } = stage;
  crm.callsLeft = 1;
  await send(type);
  crm.callsLeft = Number.POSITIVE_INFINITY;
  await showpad.advanceTime(3_000);
  expect(crm.calls).toEqual(['PUT /contacts 200', 'PUT /deals 429', 'PUT /deals 200']);
});

test('makes one contact from a duplicate, and from an address that is written in another way', async () => {
  const { crm, showpad, send } = stage;
  const { id } = await send(type);
  await showpad.replay(id);
  const again = await showpad.waitForDelivery();
  expect(again.response?.body).toBe('{"outcome":"duplicate"}');
  await send(type, { ...data, invitee: { ...data.invitee, email: ' Kent.Cook@showpad.com' } });
  expect([...crm.contacts]).toEqual([['kent.cook@showpad.com', contact]]);
});

test('keeps an invitee without an email address, and causes no retry', async () => {
  const { crm, showpad, send, letters } = stage;
  await send(type, { ...data, invitee: { ...data.invitee, email: undefined } });
  await showpad.advanceTime(15_000);
  expect(await statuses()).toEqual([422]);
  expect(letters.map(({ reason, error }) => [reason, String(error.cause)])).toEqual([
    ['permanent', 'PermanentError: The invitee has no email address.'],
  ]);
  expect(crm.contacts.size).toBe(0);
});

test('keeps events if the CRM is down for longer than Showpad retries', async () => {
  const { crm, showpad, send, letters } = stage;
  crm.state = 'down';
  await send(type);
  await showpad.advanceTime(15_000);
  expect(await statuses()).toEqual([500, 500, 500, 500]);
  expect(letters.map(({ reason }) => reason)).toEqual(['attempts-exhausted']);
});

test('does not change the stage of a deal if the creation of its Shared Space arrives late', async () => {
  const { crm, send } = stage;
  await send(type);
  const { response } = await send('shared-space-created');
  expect(response?.status).toBe(200);
  expect(crm.deals.get(data.sharedSpace.id)).toEqual({ name: 'Breakfast Service', stage: 'engaged' });
});

test('aborts a call to a CRM that does not answer when the app shuts down', async () => {
  const { crm, receiver, send } = stage;
  crm.state = 'stalled';
  const sent = send(type);
  const [, call] = (await once(crm.server, 'request')) as [unknown, ServerResponse];
  const hungUp = once(call, 'close');
  await receiver.close({ timeoutMs: 1 });
  await hungUp;
  expect((await sent).response?.status).toBe(500);
});

/** Runs `pnpm start`, without the key that this process may have. */
function start(own: Record<string, string> = {}) {
  const { SHOWPAD_SIGNATURE_KEY: _, ...env } = process.env;
  return spawn(process.execPath, ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'server.ts'], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...env, ...own },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

test('the one command shows it all, and ends', async () => {
  const demo = start();
  const [output, [code]] = await Promise.all([text(demo.stdout), once(demo, 'exit')]);
  expect(output.match(/(?<=attempt \d: )\d+/g)).toEqual(['500', '500', '200', '200', '422']);
  expect(output).toContain("contacts: { 'kent.cook@showpad.com': { sharedSpace: 'Breakfast Service' } }");
  expect(output).toContain('PermanentError: The invitee has no email address.');
  expect(code).toBe(0);
});

test('with a key it serves, keeps dead letters in a file, and ends cleanly', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'showpad-example-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'dead-letters.ndjson');
  const key = 'a-key';
  const env = { SHOWPAD_SIGNATURE_KEY: key, CRM_URL: stage.crm.url, DEAD_LETTERS: file, PORT: '0' };
  const server = start(env);
  onTestFinished(() => void server.kill('SIGKILL'));
  const exited = once(server, 'exit');

  for await (const line of createInterface(server.stdout)) {
    const url = /^Receiving at (.*)$/.exec(line)?.[1];
    if (url === undefined) continue;
    const deliver = async (options: { id: string; data?: object }) => {
      const { method, headers, body } = signedDelivery(type, { key, ...options });
      return (await fetch(url, { method, headers, body: new Uint8Array(body) })).status;
    };
    expect(await deliver({ id: 'one' })).toBe(200);
    expect(await deliver({ id: 'two', data: { ...data, invitee: {} } })).toBe(422);
    server.kill('SIGTERM');
  }
  expect(await exited).toEqual([0, null]);
  expect([...stage.crm.contacts.keys()]).toEqual(['kent.cook@showpad.com']);
  const letter = JSON.parse(readFileSync(file, 'utf8'));
  expect(letter).toMatchObject({ reason: 'permanent', id: 'two' });
  expect(JSON.parse(Buffer.from(letter.body, 'base64').toString()).data.invitee).toEqual({});
});
