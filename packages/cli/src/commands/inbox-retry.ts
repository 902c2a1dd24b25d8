import type { InboxItem } from '@showpad-webhooks/core/inbox';
import type { RetryOutcome } from '@showpad-webhooks/core/operations';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { entryValue } from '../inbox/describe.ts';
import { follow } from '../inbox/follow.ts';
import { useInbox } from '../inbox/open-inbox.ts';
import { type Line, paint } from '../terminal/output.ts';
import { barOf, createProgress } from '../terminal/progress.ts';
import { type Change, change, readEntries } from './inbox-change.ts';
import { type ChangeFlags, readSelection, readSource } from './inbox-flags.ts';

const RETRY: Change = {
  kind: 'retry',
  verb: 'Retry',
  participle: 'retried',
  warning: 'The app handles them again. For dead entries, only the handlers that have not succeeded run.',
};

export async function retry(ids: readonly string[], flags: ChangeFlags, context: Context): Promise<void> {
  const { io, output } = context;
  const { waitSeconds = 30 } = flags;
  const selection = readSelection(ids, flags);
  await useInbox(await readSource(flags, io), async ({ inbox, shown }) => {
    const entries = await readEntries(inbox, selection, context);
    const retried = await change(inbox, entries, RETRY, { flags, shown, context });
    if (retried.length === 0) return;
    const progress = createProgress(io, output.isQuiet());
    const onProgress = (handled: number) => progress.show(`Handled  ${barOf(handled, retried.length)}`);
    const followed = await follow(inbox, retried, {
      waitMs: waitSeconds * 1_000,
      signal: io.signal,
      onProgress,
    });
    progress.clear();
    const totals = new Map<RetryOutcome, number>();
    for (const { before, now, outcome } of followed) {
      totals.set(outcome, (totals.get(outcome) ?? 0) + 1);
      output.result(
        { ...entryValue(now ?? before), isChanged: true, outcome },
        ...linesOf(now ?? before, outcome),
      );
    }
    output.note([...totals].map(([outcome, count]) => `${TEXTS[outcome]}: ${count}`).join(', '));
    const waiting = totals.get('waiting') ?? 0;
    if (waiting === retried.length && waitSeconds > 0) {
      output.note(`The app handled nothing in ${waitSeconds} s. Check that it runs and uses this store.`);
    }
    const isFine = (outcome: RetryOutcome) =>
      outcome === 'done' || (outcome === 'waiting' && waitSeconds === 0);
    if (![...totals.keys()].every(isFine)) context.exitCode = EXIT.failed;
  });
}

const TEXTS: Readonly<Record<RetryOutcome, string>> = {
  done: 'done',
  dead: 'dead again',
  failed: 'failed again, and will be tried again',
  waiting: 'not handled yet',
  gone: 'gone',
};

/** A long list of what is fine would hide what is not. */
function linesOf({ id, type, error }: InboxItem, outcome: RetryOutcome): readonly Line[] {
  if (outcome === 'done' || outcome === 'waiting') return [];
  return [[paint('red', TEXTS[outcome]), id, type, error ? `${error.code}: ${error.message}` : '']];
}
