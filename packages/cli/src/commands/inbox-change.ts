import type { Inbox } from '@showpad-webhooks/core';
import type { InboxItem } from '@showpad-webhooks/core/inbox';
import {
  changeEntries,
  type EntryChange,
  findEntry,
  selectEntries,
  whyNotChange,
} from '@showpad-webhooks/core/operations';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { countOf, entryValue, lineOf } from '../inbox/describe.ts';
import { selectionOf } from '../inbox/filter.ts';
import { confirm } from '../terminal/confirm.ts';
import { paint } from '../terminal/output.ts';
import { barOf, createProgress } from '../terminal/progress.ts';
import type { ChangeFlags, Selection } from './inbox-flags.ts';
import { notFound } from './inbox-look.ts';

/** What a command does with each entry. */
export interface Change {
  readonly kind: EntryChange;
  /** What it is called, in the infinitive, such as `Delete`. */
  readonly verb: string;
  /** Such as `retried`. */
  readonly participle: string;
  /** What a person should know before they confirm. */
  readonly warning: string;
}

/** Reads the entries that a command means. An id that is not there is an error. */
export async function readEntries(
  inbox: Inbox,
  selection: Selection,
  { io, output }: Context,
): Promise<readonly InboxItem[]> {
  const items: InboxItem[] = [];
  if ('ids' in selection) {
    for (const id of selection.ids) {
      const item = await findEntry(inbox, id);
      if (!item) throw notFound(id);
      items.push(withoutBody(item));
    }
    return items;
  }
  const { limit } = selection.filter;
  const { signal } = io;
  const progress = createProgress(io, output.isQuiet());
  for await (const item of selectEntries(inbox, selectionOf(selection.filter), { limit, signal })) {
    items.push(item);
    if (items.length % 1_000 === 0) progress.show(`Found ${countOf(items.length)}`);
  }
  progress.clear();
  if (io.signal.aborted) throw new CliError('Stopped. Nothing was changed.');
  if (items.length === 0) output.note(`No ${selection.filter.state} entry matches.`);
  return items;
}

function withoutBody({ body: _, ...item }: InboxItem): InboxItem {
  return item;
}

/**
 * Shows what a command would change, asks, and changes it. Resolves to the entries that were changed. The exit code is 1 if
 * some could not be.
 */
export async function change(
  inbox: Inbox,
  entries: readonly InboxItem[],
  { kind, verb, participle, warning }: Change,
  {
    flags,
    shown,
    context,
  }: { readonly flags: ChangeFlags; readonly shown: string; readonly context: Context },
): Promise<readonly InboxItem[]> {
  const { io, output } = context;
  const wanted: InboxItem[] = [];
  for (const item of entries) {
    const refusal = whyNotChange(item, kind);
    if (refusal === undefined) {
      wanted.push(item);
      continue;
    }
    refuse(item, refusal);
  }
  if (flags.dryRun) {
    for (const item of wanted) output.result({ ...entryValue(item), isChanged: false }, lineOf(item));
    output.note(`--dry-run: ${countOf(wanted.length)} would be ${participle}. Nothing was changed.`);
    return [];
  }
  if (wanted.length === 0) return [];
  if (!flags.yes) {
    const [first] = wanted;
    const states = [...new Set(wanted.map(({ state }) => state))];
    const what =
      wanted.length === 1 && first
        ? `the ${first.state} entry of "${first.type}" ${first.id}`
        : countOf(wanted.length, states.length === 1 ? states[0] : '');
    output.note(warning);
    await confirm(`${verb} ${what} of the inbox "${inbox.name}" in ${shown}?`, io);
  }
  const changed: InboxItem[] = [];
  const progress = createProgress(io, output.isQuiet());
  const refused: (readonly [item: InboxItem, refusal: string])[] = [];
  const onEntry = (item: InboxItem, refusal: string | undefined) => {
    if (refusal === undefined) changed.push(item);
    else refused.push([item, refusal]);
    progress.show(barOf(changed.length + refused.length, wanted.length));
  };
  try {
    await changeEntries(inbox, wanted, kind, { signal: io.signal, onEntry });
  } finally {
    progress.clear();
    output.note(`${changed.length} of ${countOf(wanted.length)} ${participle}.`);
  }
  for (const [item, refusal] of refused) refuse(item, refusal);
  if (io.signal.aborted) throw new CliError('Stopped before everything was done. Run it again for the rest.');
  return changed;

  function refuse(item: InboxItem, refusal: string): void {
    context.exitCode = EXIT.failed;
    output.result({ ...entryValue(item), isChanged: false, refusal }, [
      paint('red', `not ${participle}`),
      item.id,
      refusal,
    ]);
  }
}
