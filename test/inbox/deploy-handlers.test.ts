import { expect, onTestFinished, test, vi } from 'vitest';
import { buildApp } from './build-app.ts';
import { createTarget } from './engines.ts';

// Each test builds two bundles and runs them.
vi.setConfig({ testTimeout: 60_000 });

/** What an event's handlers printed: of the version that received the event, and of the version after the deploy. */
async function deploy(before: string, after: string) {
  const { target, remove } = await createTarget('sqlite');
  onTestFinished(remove);
  const [old, updated] = await Promise.all([buildApp(before), buildApp(after)]);
  onTestFinished(old.remove);
  onTestFinished(updated.remove);
  const received = await old.run(target.address, 'receive');
  return { received, finished: await updated.run(target.address, 'finish') };
}

const starting = (prefix: string, lines: readonly string[]) =>
  lines.filter((line) => line.startsWith(prefix));

const CRM_FIRST = "receiver.on(type, addToCrm, { name: 'crm' }).on(type, sendMail, { name: 'mail' });";

test('a deploy that changes the order of handlers with names runs only the one that was left', async () => {
  const mailFirst = "receiver.on(type, sendMail, { name: 'mail' }).on(type, addToCrm, { name: 'crm' });";
  const { received, finished } = await deploy(CRM_FIRST, mailFirst);
  expect(starting('ran', received)).toEqual(['ran: crm']);
  expect(starting('ran', finished)).toEqual(['ran: mail']);
  expect(starting('warned', [...received, ...finished])).toEqual([]);
  expect(finished.at(-1)).toBe('left: {"pending":0,"leased":0,"done":1,"dead":0}');
});

test('a deploy that adds a handler runs it for the events that were not finished', async () => {
  const withAudit = `receiver.on(type, () => console.log('ran: audit'), { name: 'audit' }); ${CRM_FIRST}`;
  const { finished } = await deploy(CRM_FIRST, withAudit);
  expect(starting('ran', finished)).toEqual(['ran: audit', 'ran: mail']);
});

test('a minifier that swaps the names of two handlers makes none of them count as done', async () => {
  // The minifier names functions by their order in the bundle, and the handlers of the second version come the other way round.
  const inOrder = (first: string, second: string) => `
    async function one() { ${first}(); }
    async function other() { ${second}(); }
    receiver.on(type, one).on(type, other);`;
  const { received, finished } = await deploy(
    inOrder('addToCrm', 'sendMail'),
    inOrder('sendMail', 'addToCrm'),
  );
  expect(starting('ran', received)).toEqual(['ran: crm']);
  expect(starting('ran', finished)).toContain('ran: mail');
  const names = (lines: readonly string[]) =>
    lines.map((line) => /The handler "(\w+)"/.exec(line)?.[1]).filter(Boolean);
  const warned = starting('warned', received);
  expect(warned).toHaveLength(2);
  expect(names(starting('warned', finished))).toEqual(names(warned));
  for (const line of warned)
    expect(line).toContain("Give it a name: receiver.on('shared-space-user-added', handler, {");
});

test('a version whose handlers have no names does not start, and says how to name them', async () => {
  const { received } = await deploy(
    'receiver.on(type, () => addToCrm()).on(type, () => sendMail());',
    CRM_FIRST,
  );
  expect(received).toEqual([
    'ended: One of several handlers for "shared-space-user-added" has no name. Names tell a retry which of them are ' +
      'done, even after a deploy. Give each of them a name: ' +
      "receiver.on('shared-space-user-added', handler, { name: '…' }).",
  ]);
});

test('a deploy that removes a handler reports the events that wait for it, and keeps them as dead letters', async () => {
  const { finished } = await deploy(CRM_FIRST, "receiver.on('COURSE_COMPLETED', addToCrm);");
  expect(starting('reported', finished)[0]).toContain(
    'There is no handler any more for 1 stored event of type "shared-space-user-added".',
  );
  expect(finished.at(-1)).toBe('left: {"pending":0,"leased":0,"done":0,"dead":1}');
});
