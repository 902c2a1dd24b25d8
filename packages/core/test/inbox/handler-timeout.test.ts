import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  deferred,
  heldHandler,
  memoryLogger,
  probeWithLetters,
  settled,
  startTime,
  stopTime,
  TYPE,
} from '../support.ts';
import { watchedInbox } from './watched-inbox.ts';

beforeEach(stopTime);
afterEach(startTime);

const crmIsDown = new Error('The CRM is down.');
const codesOf = (errors: readonly { readonly code: string }[]) => errors.map(({ code }) => code);

const HANGING_HINT =
  'Something in a handler never settles: pass context.signal to its requests. Restart this process before you retry the event, because the same process does not run it a second time.';
const TOO_SLOW = {
  code: 'HANDLER_TIMEOUT',
  message: 'The handlers were still running after 1000 ms.',
  hint: 'Their signal was aborted. They keep the event until they end, so nothing runs twice. Make them faster, or use an inbox.',
};
const NEVER_ENDED = {
  code: 'HANDLER_TIMEOUT',
  message: 'The handlers had not ended after 6000 ms, and were given up.',
  hint: HANGING_HINT,
};

/** A receiver with an inbox, whose handlers have one second and end when the test ends them. */
async function slowReceiver(options: Parameters<typeof watchedInbox>[0] = {}) {
  const held = heldHandler();
  const watched = watchedInbox({ backoff: () => 1_000, ...options });
  const { logger, lines } = memoryLogger();
  const made = probeWithLetters({
    inbox: watched.inbox,
    handlerTimeoutMs: 1_000,
    logger,
    on: { [TYPE]: held.handler },
  });
  await made.receiver.start();
  /** Resolves when the handler runs for the nth time and its time is measured. */
  const hasBegun = async (count: number) => {
    await held.runs.has(count);
    await settled();
  };
  const item = async (id = 'event-1') => (await watched.inbox.list({ id })).items[0];
  return { ...made, ...held, ...watched, hasBegun, item, lines };
}

describe('a handler behind an inbox that is slower than handlerTimeoutMs', () => {
  test('is reported once, its signal aborts, and it goes on alone', async () => {
    const { deliver, hasBegun, run, runs, errors, inbox } = await slowReceiver();
    expect(await deliver()).toBe('202 queued');
    await hasBegun(1);
    await vi.advanceTimersByTimeAsync(999);
    expect([run(0).context.signal.aborted, errors]).toEqual([false, []]);
    await vi.advanceTimersByTimeAsync(1);
    expect(run(0).context.signal.aborted).toBe(true);
    expect(errors).toMatchObject([TOO_SLOW]);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(errors).toHaveLength(1);
    expect(runs.entries).toHaveLength(1);
    expect(await inbox.counts()).toEqual({ pending: 0, leased: 1, done: 0, dead: 0 });
  });

  test('and then succeeds makes the entry done, in its first attempt', async () => {
    const { deliver, hasBegun, run, runs, errors, outcomes, item, letters, lines } = await slowReceiver();
    await deliver();
    await hasBegun(1);
    await vi.advanceTimersByTimeAsync(5_000);
    run(0).resolve();
    expect(await outcomes.has(1)).toMatchObject([{ state: 'done' }]);
    expect(await item()).toMatchObject({ state: 'done', attempt: 1, error: undefined });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(runs.entries).toHaveLength(1);
    expect(codesOf(errors)).toEqual(['HANDLER_TIMEOUT']);
    expect(letters).toEqual([]);
    expect(lines.map(({ outcome }) => outcome)).toEqual(['queued', 'handled']);
  });

  test('and then fails is one failed attempt, which is retried after the backoff', async () => {
    const { deliver, hasBegun, run, runs, errors, outcomes, item, mostAtOnce } = await slowReceiver();
    await deliver();
    await hasBegun(1);
    await vi.advanceTimersByTimeAsync(5_000);
    run(0).reject(crmIsDown);
    expect(await outcomes.has(1)).toMatchObject([{ state: 'pending', error: { code: 'HANDLER_FAILED' } }]);
    expect(await item()).toMatchObject({ state: 'pending', attempt: 1, dueAtMs: Date.now() + 1_000 });
    expect(codesOf(errors)).toEqual(['HANDLER_TIMEOUT', 'HANDLER_FAILED']);
    await vi.advanceTimersByTimeAsync(999);
    expect(runs.entries).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    await hasBegun(2);
    expect(run(1).context).toMatchObject({ attempt: 2, signal: { aborted: false } });
    run(1).resolve();
    expect(await outcomes.has(2)).toMatchObject([{}, { state: 'done' }]);
    expect(mostAtOnce()).toBe(1);
  });

  test('has 60 s by default', async () => {
    const { handler, runs, run } = heldHandler();
    const inbox = createMemoryInbox();
    const { receiver, deliver, errors } = probeWithLetters({ inbox, on: { [TYPE]: handler } });
    await receiver.start();
    await deliver();
    await runs.has(1);
    await settled();
    await vi.advanceTimersByTimeAsync(59_999);
    expect(errors).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(codesOf(errors)).toEqual(['HANDLER_TIMEOUT']);
    run(0).resolve();
    await receiver.close();
  });

  test('never runs twice at once, whatever the lease of its entry is', async () => {
    const { deliver, hasBegun, run, mostAtOnce, outcomes } = await slowReceiver({ leaseMs: 100 });
    await deliver();
    await hasBegun(1);
    await vi.advanceTimersByTimeAsync(5_900);
    run(0).resolve();
    await outcomes.has(1);
    expect(mostAtOnce()).toBe(1);
  });

  test('never runs twice at once, even if its lease cannot be renewed', async () => {
    const held = heldHandler();
    const { inbox, outcomes } = watchedInbox(
      { leaseMs: 100 },
      { checkpoint: () => Promise.reject(new Error('The disk is full.')) },
    );
    const { receiver, deliver } = probeWithLetters({
      inbox,
      handlerTimeoutMs: 1_000,
      on: { [TYPE]: held.handler },
    });
    await receiver.start();
    await deliver();
    await held.runs.has(1);
    await settled();
    await vi.advanceTimersByTimeAsync(5_900);
    expect(held.runs.entries).toHaveLength(1);
    held.run(0).resolve();
    expect(await outcomes.has(1)).toMatchObject([{ state: 'done' }]);
    expect(held.mostAtOnce()).toBe(1);
  });
});

/** A receiver with an inbox that has no handlers yet, and one that never ends. */
function receiverThatHangs() {
  const { inbox, outcomes } = watchedInbox();
  const hung = heldHandler();
  const made = probeWithLetters({ inbox, handlerTimeoutMs: 1_000 });
  async function hangUntilGivenUp() {
    await made.receiver.start();
    await made.deliver();
    await hung.runs.has(1);
    await settled();
    await vi.advanceTimersByTimeAsync(6_000);
    await outcomes.has(1);
  }
  return { ...made, inbox, outcomes, hung, hangUntilGivenUp };
}

describe('a handler behind an inbox that never ends', () => {
  test('makes its entry dead after six timeouts, and goes to onDeadLetter', async () => {
    const { deliver, hasBegun, errors, outcomes, item, letters, lines } = await slowReceiver();
    await deliver();
    await hasBegun(1);
    await vi.advanceTimersByTimeAsync(5_999);
    expect(outcomes.entries).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    const error = { code: 'HANDLER_TIMEOUT', message: NEVER_ENDED.message };
    expect(outcomes.entries).toMatchObject([{ state: 'dead', nowMs: Date.now(), error }]);
    expect(await item()).toMatchObject({ state: 'dead', attempt: 1, error });
    expect(errors).toMatchObject([TOO_SLOW, NEVER_ENDED]);
    expect(letters).toMatchObject([
      { reason: 'handler-timeout', attempt: 1, event: { id: 'event-1' }, error: NEVER_ENDED },
    ]);
    expect(lines.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['queued', undefined],
      ['unavailable', 'HANDLER_TIMEOUT'],
    ]);
  });

  test('lets other events have its place', async () => {
    const { deliver, hasBegun, runs, run, outcomes } = await slowReceiver({ concurrency: 1 });
    await deliver('event-1');
    await deliver('event-2');
    await hasBegun(1);
    await vi.advanceTimersByTimeAsync(5_999);
    expect(runs.entries).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    await hasBegun(2);
    run(1).resolve();
    expect(await outcomes.has(2)).toMatchObject([{ state: 'dead' }, { state: 'done' }]);
  });

  test('does not run again in this process while it hangs, even if its entry is retried by hand', async () => {
    const { deliver, hasBegun, inbox, runs, errors, outcomes, item, letters } = await slowReceiver();
    await deliver();
    await hasBegun(1);
    await vi.advanceTimersByTimeAsync(6_000);
    const message = 'The handlers of an earlier attempt are still running in this process.';
    for (let retry = 1; retry <= 3; retry++) {
      expect(await inbox.retry({ id: 'event-1' })).toBe(1);
      await outcomes.has(1 + retry);
      await settled();
      expect(await item()).toMatchObject({
        state: 'dead',
        generation: retry,
        error: { code: 'HANDLER_TIMEOUT', message },
      });
      expect(errors.slice(1 + retry)).toMatchObject([
        { code: 'HANDLER_TIMEOUT', message, hint: HANGING_HINT },
      ]);
      expect(letters.slice(retry)).toMatchObject([{ reason: 'handler-timeout', error: { message } }]);
    }
    expect(runs.entries).toHaveLength(1);
  });

  test.each([
    ['succeeds', (run: { resolve(): void }) => run.resolve()],
    ['fails', (run: { reject(error: unknown): void }) => run.reject(crmIsDown)],
  ])('and %s after all leaves its entry dead, and a retry by hand runs it again', async (_how, end) => {
    const { deliver, hasBegun, inbox, run, outcomes, item, mostAtOnce } = await slowReceiver();
    await deliver();
    await hasBegun(1);
    await vi.advanceTimersByTimeAsync(6_000);
    end(run(0));
    await settled();
    expect(await item()).toMatchObject({ state: 'dead', error: { code: 'HANDLER_TIMEOUT' } });
    await inbox.retry({ id: 'event-1' });
    await hasBegun(2);
    run(1).resolve();
    expect(await outcomes.has(2)).toMatchObject([{ state: 'dead' }, { state: 'done' }]);
    expect(mostAtOnce()).toBe(1);
  });

  test('leaves no timer and no listener behind when it ends', async () => {
    const { deliver, hasBegun, run, outcomes, receiver } = await slowReceiver();
    await deliver();
    await hasBegun(1);
    await vi.advanceTimersByTimeAsync(5_000);
    run(0).resolve();
    await outcomes.has(1);
    await receiver.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('hides no other handler: those before it stay done, and those after it run at the retry', async () => {
    const { receiver, inbox, outcomes, hung, hangUntilGivenUp } = receiverThatHangs();
    const [first, last] = [vi.fn(), vi.fn()];
    receiver
      .on(TYPE, first, { name: 'first' })
      .on(TYPE, hung.handler, { name: 'hung' })
      .on(TYPE, last, { name: 'last' });
    await hangUntilGivenUp();
    expect(outcomes.entries).toMatchObject([{ state: 'dead' }]);
    hung.run(0).resolve();
    await settled();
    // The attempt was given up, so nothing more of it may run.
    expect(last).not.toHaveBeenCalled();
    await inbox.retry({ id: 'event-1' });
    await hung.runs.has(2);
    hung.run(1).resolve();
    await outcomes.has(2);
    expect([first, last].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    await receiver.close();
  });

  test('and fails after it was given up is reported once more, and lets no later handler of that attempt run', async () => {
    const { receiver, errors, hung, hangUntilGivenUp } = receiverThatHangs();
    const last = vi.fn();
    receiver.on(TYPE, hung.handler, { name: 'hung' }).on(TYPE, last, { name: 'last' });
    await hangUntilGivenUp();
    hung.run(0).reject(crmIsDown);
    await settled();
    expect(last).not.toHaveBeenCalled();
    expect(codesOf(errors)).toEqual(['HANDLER_TIMEOUT', 'HANDLER_TIMEOUT', 'HANDLER_FAILED']);
    expect(errors.at(-1)?.cause).toBe(crmIsDown);
    await receiver.close();
  });

  test('and succeeds after it was given up does not hide that another handler failed', async () => {
    const { receiver, errors, hung, hangUntilGivenUp } = receiverThatHangs();
    const failing = async () => {
      throw crmIsDown;
    };
    receiver.on(TYPE, failing, { name: 'failing' }).on(TYPE, hung.handler, { name: 'hung' });
    await hangUntilGivenUp();
    hung.run(0).resolve();
    await settled();
    expect(codesOf(errors)).toEqual(['HANDLER_TIMEOUT', 'HANDLER_TIMEOUT', 'HANDLER_FAILED']);
    expect(errors.at(-1)).toMatchObject({ handlerName: 'failing', cause: crmIsDown });
    await receiver.close();
  });
});

test('close() is quick although a handler hangs that was given up', async () => {
  const { deliver, hasBegun, receiver } = await slowReceiver();
  await deliver();
  await hasBegun(1);
  await vi.advanceTimersByTimeAsync(6_000);
  const closed = deferred();
  void receiver.close().then(closed.resolve);
  await settled();
  await closed.promise;
  expect(vi.getTimerCount()).toBe(0);
});
