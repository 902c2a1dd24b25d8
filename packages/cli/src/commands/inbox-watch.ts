import { setTimeout as pause } from 'node:timers/promises';
import { type InboxStatus, readStatus } from '@showpad-webhooks/core/operations';
import type { Context } from '../context.ts';
import { useInbox } from '../inbox/open-inbox.ts';
import { type Painted, paint } from '../terminal/output.ts';
import { readSource, type WatchFlags } from './inbox-flags.ts';

export function lineOfStatus({
  pending,
  leased,
  done,
  dead,
  lagMs,
}: InboxStatus): readonly (string | Painted)[] {
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
        const read = await readStatus(inbox);
        output.result({ time, ...read }, [paint('dim', time), ...lineOfStatus(read)]);
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
