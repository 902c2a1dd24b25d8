import type { Inbox } from '@showpad-webhooks/core';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { entryOf, newFile, openElsewhere } from './support.ts';

const SIZES = [0, 1, 100_000];

describe.each(SIZES)('a body of %i bytes', (size) => {
  const body = new Uint8Array(size).fill(7);

  async function open() {
    const file = newFile();
    const inbox = createSqliteInbox({ file });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    await inbox.put(entryOf('a', body));
    const sql = 'SELECT count(body) AS bodies FROM showpad_inbox_body';
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

test('small bodies too leave their room to new events when their events are done', async () => {
  const file = newFile();
  const inbox = createSqliteInbox({ file });
  onTestFinished(() => inbox.close({ timeoutMs: 0 }));
  const sql = 'SELECT page_count - freelist_count AS pages FROM pragma_page_count, pragma_freelist_count';
  const usedPages = () => Number((openElsewhere(file).prepare(sql).all()[0] as { pages: number }).pages);
  for (let id = 0; id < 300; id++) await inbox.put(entryOf(`${id}`, new Uint8Array(1_000)));
  const whileWaiting = usedPages();
  await inbox.start({ process: async () => undefined, onDead() {}, onError: expect.unreachable });
  await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 300 }));
  expect(usedPages()).toBeLessThan(whileWaiting / 2);
});
