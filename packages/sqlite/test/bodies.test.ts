import type { Inbox } from '@showpad-webhooks/core';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { entryOf, newFile, openElsewhere } from './support.ts';

/** The first two are kept in the row of the entry, and the others in a row of their own. */
const SIZES = [0, 2_048, 2_049, 100_000];

describe.each(SIZES)('a body of %i bytes', (size) => {
  const body = new Uint8Array(size).fill(7);

  async function open() {
    const file = newFile();
    const inbox = createSqliteInbox({ file });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    await inbox.put(entryOf('a', body));
    const sql = `
      SELECT (SELECT count(body) FROM showpad_inbox) + (SELECT count(body) FROM showpad_inbox_body) AS bodies`;
    const countBodies = () =>
      Number((openElsewhere(file).prepare(sql).all()[0] as { bodies: number }).bodies);
    expect(countBodies()).toBe(1);
    return { inbox, countBodies };
  }

  async function bodyOf(inbox: Inbox) {
    const { items } = await inbox.list({ id: 'a' });
    return items[0]?.body;
  }

  test('is listed, handed to the handlers, and gone when they are done', async () => {
    const { inbox, countBodies } = await open();
    expect(await bodyOf(inbox)).toEqual(body);
    expect((await inbox.list({ state: 'pending' })).items).toMatchObject([
      { hasBody: true, bodyBytes: size },
    ]);
    const handed: Uint8Array[] = [];
    const process = async (job: { readonly body: Uint8Array }) => {
      handed.push(new Uint8Array(job.body));
      return undefined;
    };
    await inbox.start({ process, onDead() {}, onError: expect.unreachable });
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
    expect(handed).toEqual([body]);
    expect(countBodies()).toBe(0);
    expect((await inbox.list({ state: 'done' })).items).toMatchObject([{ hasBody: false, bodyBytes: size }]);
  });

  test('is gone when its event is erased', async () => {
    const { inbox, countBodies } = await open();
    await inbox.erase(({ id }) => id === 'a');
    expect(countBodies()).toBe(0);
  });

  test('is gone when its event is discarded', async () => {
    const { inbox, countBodies } = await open();
    await inbox.discard({ id: 'a' });
    expect(countBodies()).toBe(0);
  });
});
