import { unlink } from 'node:fs/promises';
import type { Inbox } from '@showpad-webhooks/core';
import type { InboxErasure, InboxItem } from '@showpad-webhooks/core/inbox';
import { CliError, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { countOf, entryValue, lineOf } from '../inbox/describe.ts';
import { findRecordings } from '../inbox/find-recordings.ts';
import { useInbox } from '../inbox/open-inbox.ts';
import { type PersonFlags, personMatcher, type Searched } from '../inbox/person.ts';
import { confirm } from '../terminal/confirm.ts';
import { paint } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { type InboxFlags, readSource } from './inbox-flags.ts';
import { notFound } from './inbox-look.ts';

export interface EraseFlags extends InboxFlags, PersonFlags {
  readonly recordings?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** Shows what is stored of a person, asks, and erases it. The exit code is 1 if something of it had to stay. */
export async function erase(ids: readonly string[], flags: EraseFlags, context: Context): Promise<void> {
  const { output, io } = context;
  const isMeant = matcherOf(ids, flags);
  await useInbox(await readSource(flags, io), async ({ inbox, shown }) => {
    const entries = await findEntries(inbox, isMeant, context);
    const unknown = ids.find((id) => !entries.has(id));
    if (unknown !== undefined) throw notFound(unknown);
    const recordings = await searchRecordings(flags.recordings, isMeant, context);
    const what = whatOf(entries.size, flags.recordings === undefined ? undefined : recordings.length);
    if (flags.dryRun || entries.size + recordings.length === 0) {
      for (const item of entries.values())
        output.result({ ...entryValue(item), isErased: false }, lineOf(item));
      for (const file of recordings) output.result({ file, isErased: false }, ['recording', file]);
      output.note(`${flags.dryRun ? '--dry-run: ' : ''}${what} would be erased. Nothing was changed.`);
      return;
    }
    if (!flags.yes) {
      output.note(
        'What is erased is gone: the app does not handle it any more, and Showpad does not send it again.',
      );
      await confirm(`Erase ${what} of the inbox "${inbox.name}" in ${shown}?`, io);
    }
    const { running, ...counts } = await eraseEntries(inbox, isMeant, context);
    for (const file of recordings) await unlink(file);
    const { pending, done, dead } = counts;
    output.result({ pending, done, dead, running, recordings: recordings.length }, [
      'erased',
      `pending ${pending}`,
      `done ${done}`,
      `dead ${dead}`,
      `recordings ${recordings.length}`,
    ]);
    for (const id of running) output.text([paint('red', 'not erased'), id, RUNNING]);
    if (running.length > 0) context.exitCode = EXIT.failed;
  });
}

const RUNNING = 'The app is handling it at this moment. Run the command again in a minute.';

function matcherOf(ids: readonly string[], flags: EraseFlags): (entry: Searched) => boolean {
  const isSearched = flags.where !== undefined || flags.containing !== undefined;
  if (ids.length > 0 && !isSearched) return ({ id }) => ids.includes(id);
  if (ids.length === 0 && isSearched) return personMatcher(flags);
  throw usageError(
    'Which entries?',
    'Pass either the ids of events, or --where or --containing, which search what is stored.',
  );
}

/** Such as `2 entries and 1 recording`. */
function whatOf(entries: number, recordings: number | undefined): string {
  if (recordings === undefined) return countOf(entries);
  return `${countOf(entries)} and ${recordings} ${recordings === 1 ? 'recording' : 'recordings'}`;
}

async function findEntries(
  inbox: Inbox,
  isMeant: (entry: Searched) => boolean,
  context: Context,
): Promise<ReadonlyMap<string, InboxItem>> {
  const found = new Map<string, InboxItem>();
  const search = (entry: InboxItem) => {
    const { body: _, ...item } = entry;
    const isFound = isMeant(entry);
    if (isFound) found.set(item.id, item);
    return isFound;
  };
  await lookAtEach(inbox, search, { isDryRun: true, ifStopped: 'Nothing was changed.' }, context);
  return found;
}

/** What has arrived of the person since it was searched is erased, too. */
function eraseEntries(
  inbox: Inbox,
  isMeant: (entry: Searched) => boolean,
  context: Context,
): Promise<InboxErasure> {
  return lookAtEach(inbox, isMeant, { isDryRun: false, ifStopped: 'Run it again for the rest.' }, context);
}

async function lookAtEach(
  inbox: Inbox,
  isMeant: (entry: InboxItem) => boolean,
  { isDryRun, ifStopped }: { readonly isDryRun: boolean; readonly ifStopped: string },
  { io, output }: Context,
): Promise<InboxErasure> {
  const progress = createProgress(io, output.isQuiet());
  let looked = 0;
  try {
    const look = (entry: InboxItem) => {
      if (io.signal.aborted) throw new CliError(`Stopped. ${ifStopped}`);
      if (++looked % 1_000 === 0) progress.show(`Looked at ${countOf(looked)}`);
      return isMeant(entry);
    };
    return await inbox.erase(look, { isDryRun });
  } finally {
    progress.clear();
  }
}

/** Resolves to the files that are meant. The others that could have been are named. */
async function searchRecordings(
  folder: string | undefined,
  isMeant: (recording: Searched) => boolean,
  context: Context,
): Promise<readonly string[]> {
  if (folder === undefined) return [];
  const { files, refused } = await findRecordings(folder, isMeant);
  for (const { file, refusal } of refused) {
    context.exitCode = EXIT.failed;
    context.output.result({ file, isErased: false, refusal }, [paint('red', 'not erased'), file, refusal]);
  }
  return files;
}
