import { findEntry, readStatus, selectEntries } from '@showpad-webhooks/core/operations';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { entryValue, lineOf, linesOf, payloadOf } from '../inbox/describe.ts';
import { selectionOf } from '../inbox/filter.ts';
import { useInbox } from '../inbox/open-inbox.ts';
import { type FilterFlags, type InboxFlags, readFilter, readSource } from './inbox-flags.ts';
import { lineOfStatus } from './inbox-watch.ts';

export async function counts(flags: InboxFlags, { io, output }: Context): Promise<void> {
  await useInbox(await readSource(flags, io), async ({ inbox }) => {
    const read = await readStatus(inbox);
    output.result(read, lineOfStatus(read));
    for (const problem of read.problems) output.note(problem);
  });
}

export async function list(flags: InboxFlags & FilterFlags, { io, output }: Context): Promise<void> {
  const filter = readFilter(flags);
  const { limit = Number.POSITIVE_INFINITY } = filter;
  await useInbox(await readSource(flags, io), async ({ inbox }) => {
    let listed = 0;
    // This reads one more than is shown, to know whether there are more.
    const options = { limit: limit + 1, signal: io.signal };
    for await (const item of selectEntries(inbox, selectionOf(filter), options)) {
      if (listed === limit) {
        output.note(`There are more. --limit ${limit * 10} shows more of them.`);
        return;
      }
      listed++;
      output.result(entryValue(item), lineOf(item));
    }
    if (listed === 0) output.note(`No ${filter.state} entry matches.`);
  });
}

export async function show(
  id: string,
  { payload, ...flags }: InboxFlags & { readonly payload?: boolean },
  { io, output }: Context,
): Promise<void> {
  await useInbox(await readSource(flags, io), async ({ inbox }) => {
    const item = await findEntry(inbox, id);
    if (!item) throw notFound(id);
    const shown = payload && item.body ? payloadOf(item.body) : undefined;
    output.result({ ...entryValue(item), ...shown }, ...linesOf(item));
    if (!payload) return;
    if (!shown) output.note('The payload was deleted when the event was done.');
    else if ('payload' in shown) output.text('', ...shown.payload.split(/\r?\n/));
    else output.text('', `Not text, so in base64: ${shown.payloadBase64}`);
  });
}

export function notFound(id: string): CliError {
  return new CliError(
    `The inbox has no entry of an event "${id}".`,
    'It was never stored here, or it was deleted after it was done. Check the id and --name.',
  );
}
