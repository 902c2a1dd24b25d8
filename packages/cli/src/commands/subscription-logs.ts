import { setTimeout as pause } from 'node:timers/promises';
import type { LogEntry } from '@showpad-webhooks/client';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { isDelivered } from '../http/answer.ts';
import { type AccountFlags, openClient, readAccount } from '../input/account.ts';
import { logFieldFlag, readLogFields } from '../input/log-fields.ts';
import { wholeNumber } from '../terminal/flags.ts';
import { type Line, paint } from '../terminal/output.ts';

interface LogsFlags extends AccountFlags {
  readonly follow?: boolean;
  readonly intervalSeconds: number;
  readonly logField?: readonly string[];
}

export function addLogs(command: Command, { io, output }: Context): void {
  command
    .option('--follow', 'Show new attempts too, until you stop it')
    .option('--interval-seconds <n>', 'How often --follow asks for new attempts', wholeNumber(1, 3_600), 5)
    .addOption(logFieldFlag())
    .action(async (id: string, flags: LogsFlags) => {
      const assumptions = { readLogEntry: readLogFields(flags.logField) };
      const { subscriptions } = await openClient(await readAccount(flags, io), { assumptions });
      const { signal } = io;
      const seen = new Set<string>();
      do {
        for (const entry of await subscriptions.logs(id, { signal }).catch(noneIfStopped(signal))) {
          // An entry may come without an id, because Showpad does not document the fields.
          const key = entry.id ?? JSON.stringify(entry);
          if (seen.has(key)) continue;
          seen.add(key);
          output.result(entry, lineOf(entry));
        }
        if (!flags.follow) return;
        await pause(flags.intervalSeconds * 1_000, undefined, { signal }).catch(() => {});
      } while (!signal.aborted);
    });
}

function lineOf({ requestedAt, statusCode, attempt, type, eventId, error }: LogEntry): Line {
  const isOk = typeof statusCode === 'number' && isDelivered(statusCode);
  return [
    paint('dim', textOf(requestedAt)),
    paint(isOk ? 'green' : 'red', textOf(statusCode ?? 'no answer')),
    attempt === undefined ? '' : `attempt ${textOf(attempt)}`,
    textOf(type),
    textOf(eventId),
    textOf(error),
  ];
}

/** Showpad does not document the fields, so each may be anything. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** A call that failed because it was asked to stop has no entries. */
function noneIfStopped(signal: AbortSignal): (error: unknown) => readonly never[] {
  return (error) => {
    if (signal.aborted) return [];
    throw error;
  };
}
