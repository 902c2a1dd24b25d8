import type { InboxItem } from '@showpad-webhooks/core/inbox';
import { findEntry } from '@showpad-webhooks/core/operations';
import { usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { createRecorder } from '../http/recorder.ts';
import type { Recording } from '../http/recording.ts';
import { countOf } from '../inbox/describe.ts';
import { useInbox } from '../inbox/open-inbox.ts';
import { paint } from '../terminal/output.ts';
import { barOf, createProgress } from '../terminal/progress.ts';
import { readEntries } from './inbox-change.ts';
import { type ExportFlags, readSelection, readSource } from './inbox-flags.ts';

/** Writes a recording of each entry, the oldest first, as `listen --record` does. */
export async function exportEntries(
  ids: readonly string[],
  flags: ExportFlags,
  context: Context,
): Promise<void> {
  const { io, output } = context;
  const selection = readSelection(ids, flags);
  await useInbox(await readSource(flags, io), async ({ inbox }) => {
    const entries = await readEntries(inbox, selection, context);
    const record = await createRecorder({ folder: flags.to, maxForged: 0, flag: '--to' });
    const progress = createProgress(io, output.isQuiet());
    let written = 0;
    for (const [index, { id, type }] of entries.toReversed().entries()) {
      if (io.signal.aborted) break;
      const item = await findEntry(inbox, id);
      if (!item?.body) {
        progress.clear();
        const refusal = 'Its payload is not there any more.';
        output.result({ id, type, refusal }, [paint('red', 'not exported'), id, refusal]);
        context.exitCode = EXIT.failed;
        continue;
      }
      const recorded = await record(recordingOf(item, item.body)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
        throw usageError('--to: the folder has such recordings already.', 'Export to an empty folder.');
      });
      written++;
      progress.clear();
      output.result({ id, type, ...recorded }, [id, type, 'file' in recorded ? recorded.file : '']);
      progress.show(barOf(index + 1, entries.length));
    }
    progress.clear();
    output.note(`${written} of ${countOf(entries.length)} exported. The files contain payloads.`);
  });
}

/** An inbox stores only what is authentic, and it was answered with 202. */
function recordingOf({ receivedAtMs, method, headers, keyLabel }: InboxItem, body: Uint8Array): Recording {
  return {
    receivedAt: new Date(receivedAtMs).toISOString(),
    method,
    headers,
    body: Buffer.from(body),
    isAuthentic: true,
    keyLabel,
    outcome: 'queued',
    status: 202,
  };
}
