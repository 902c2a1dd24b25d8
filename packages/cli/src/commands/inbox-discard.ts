import type { Context } from '../context.ts';
import { useInbox } from '../inbox/open-inbox.ts';
import { type Change, change, readEntries } from './inbox-change.ts';
import { type ChangeFlags, readSelection, readSource } from './inbox-flags.ts';

const DISCARD: Change = {
  kind: 'discard',
  verb: 'Delete',
  participle: 'deleted',
  warning: 'A deleted entry is gone, and Showpad does not send it again. "inbox export" saves it.',
};

export async function discard(ids: readonly string[], flags: ChangeFlags, context: Context): Promise<void> {
  const selection = readSelection(ids, flags);
  await useInbox(await readSource(flags, context.io), async ({ inbox, shown }) => {
    const entries = await readEntries(inbox, selection, context);
    for (const item of await change(inbox, entries, DISCARD, { flags, shown, context })) {
      context.output.result({ id: item.id, type: item.type, isChanged: true }, [
        'deleted',
        item.id,
        item.type,
      ]);
    }
  });
}
