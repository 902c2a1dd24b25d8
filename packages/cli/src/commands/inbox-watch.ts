import { setTimeout as pause } from 'node:timers/promises';
import type { Inbox } from '@showpad-webhooks/core';
import type { InboxCounts } from '@showpad-webhooks/core/inbox';
import type { Context } from '../context.ts';
import { useInbox } from '../inbox/open-inbox.ts';
import { type Line, paint } from '../terminal/output.ts';
import { readSource, type WatchFlags } from './inbox-flags.ts';

export interface ReadCounts extends InboxCounts {
  /** How long the entry that waits longest has been due. */
  readonly lagMs: number;
  readonly problems: readonly string[];
}

export async function readCounts(inbox: Inbox): Promise<ReadCounts> {
  const counts = await inbox.counts();
  const { lagMs, problems } = await inbox.health();
  return { ...counts, lagMs: Math.round(lagMs), problems };
}

export function lineOfCounts({ pending, leased, done, dead, lagMs }: ReadCounts): Line {
  return [
    `pending ${pending}`,
    `leased ${leased}`,
    `done ${done}`,
    dead === 0 ? 'dead 0' : paint('red', `dead ${dead}`),
    `lag ${(lagMs / 1_000).toFixed(1)} s`,
  ];
}

/** Prints the counts until it is asked to stop. A store that is away for a while does not end it. */
export async function watch(flags: WatchFlags, { io, output }: Context): Promise<void> {
  const { signal } = io;
  await useInbox(await readSource(flags, io), async ({ inbox }) => {
    output.note('Press Ctrl-C to stop.');
    const told = new Set<string>();
    while (!signal.aborted) {
      const time = new Date().toISOString();
      try {
        const read = await readCounts(inbox);
        output.result({ time, ...read }, [paint('dim', time), ...[lineOfCounts(read)].flat()]);
        for (const problem of read.problems) {
          if (!told.has(problem)) output.note(problem);
          told.add(problem);
        }
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        output.result({ time, problem }, [paint('dim', time), paint('red', 'no answer'), problem]);
      }
      await pause(flags.intervalSeconds * 1_000, undefined, { signal }).catch(() => {});
    }
  });
}
