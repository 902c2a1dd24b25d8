import { setTimeout as pause } from 'node:timers/promises';
import type { LogEntry } from '@showpad-webhooks/client';
import type { Command } from 'commander';
import { type AccountFlags, openClient, readAccount } from '../account.ts';
import type { Context } from '../context.ts';
import { flag, numberFlag } from '../flags.ts';
import { type Output, printable } from '../output.ts';

interface LogsFlags extends AccountFlags {
  readonly follow?: boolean;
  readonly intervalSeconds: number;
}

export function addLogs(command: Command, { io, output }: Context): void {
  command
    .addOption(flag('--follow', 'go on with those that come, until it is stopped'))
    .addOption(numberFlag('--interval-seconds <n>', 'how often --follow looks', 1, 3_600).default(5))
    .action(async (id: string, flags: LogsFlags) => {
      const { subscriptions } = await openClient(await readAccount(flags, io));
      const { signal } = io;
      const seen = new Set<string>();
      do {
        for (const entry of await subscriptions.logs(id, { signal }).catch(stoppedOr(signal))) {
          // The fields are inferred, so an id may be missing.
          const key = entry.id ?? JSON.stringify(entry);
          if (seen.has(key)) continue;
          seen.add(key);
          output.result(lineOf(entry, output), entry);
        }
        if (!flags.follow) return;
        await pause(flags.intervalSeconds * 1_000, undefined, { signal }).catch(() => {});
      } while (!signal.aborted);
    });
}

function lineOf(
  { requestedAt, statusCode, attempt, type, eventId, error }: LogEntry,
  { paint }: Output,
): string {
  const isDelivered = typeof statusCode === 'number' && statusCode >= 200 && statusCode < 300;
  const parts = [
    paint('dim', printable(requestedAt ?? '')),
    paint(isDelivered ? 'green' : 'red', printable(`${statusCode ?? 'no answer'}`)),
    ...(attempt === undefined ? [] : [`attempt ${attempt}`]),
    printable(type ?? ''),
    printable(eventId ?? ''),
    ...(error ? [printable(typeof error === 'string' ? error : JSON.stringify(error))] : []),
  ];
  return parts.join('  ');
}

/** Nothing, where a call failed since it was asked to stop. */
function stoppedOr(signal: AbortSignal): (error: unknown) => readonly never[] {
  return (error) => {
    if (signal.aborted) return [];
    throw error;
  };
}
