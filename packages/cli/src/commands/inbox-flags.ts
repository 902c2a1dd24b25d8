import type { InboxState } from '@showpad-webhooks/core/inbox';
import { usageError } from '../cli-error.ts';
import type { Filter } from '../inbox/filter.ts';
import type { InboxSource } from '../inbox/open-inbox.ts';
import { readSecret } from '../input/read-input.ts';
import type { Io } from '../terminal/io.ts';

export interface InboxFlags {
  readonly store: string;
  readonly name?: string;
  readonly prefix?: string;
  readonly schema?: string;
}

export interface FilterFlags {
  readonly state: InboxState;
  readonly type?: readonly string[];
  readonly handler?: readonly string[];
  readonly error?: readonly string[];
  readonly since?: string;
  readonly limit?: number;
}

interface SelectFlags extends InboxFlags, FilterFlags {
  readonly all?: boolean;
}

export interface ChangeFlags extends SelectFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly waitSeconds?: number;
}

export interface ExportFlags extends SelectFlags {
  readonly to: string;
}

export interface PageFlags extends InboxFlags {
  readonly port: number;
  readonly readOnly?: boolean;
  readonly open?: boolean;
}

export interface WatchFlags extends InboxFlags {
  readonly intervalSeconds: number;
}

/** @param root the folder of the app, whose packages are used */
export async function readSource(
  { store, name, prefix, schema }: InboxFlags,
  io: Io,
  root: string = process.cwd(),
): Promise<InboxSource> {
  const address = store.startsWith('@') ? await readSecret(store, '--store', io) : store;
  return { store: address.trim(), name, prefix, schema, root };
}

export function readFilter({ state, type, handler, error, since, limit }: FilterFlags): Filter {
  return {
    state,
    types: type,
    handlers: handler,
    errorCodes: error,
    sinceMs: since === undefined ? undefined : readSince(since, Date.now()),
    limit,
  };
}

/** Ids, or a filter. A command that was called without either must not mean everything. */
export type Selection = { readonly ids: readonly string[] } | { readonly filter: Filter };

export function readSelection(ids: readonly string[], flags: SelectFlags): Selection {
  const { type, handler, error, since, limit, all } = flags;
  const isFiltered = [type, handler, error, since].some((flag) => flag !== undefined);
  if (ids.length > 0) {
    if (!isFiltered && !all && limit === undefined) return { ids: [...new Set(ids)] };
    throw usageError('An id names one entry, so it needs no filter.', 'Leave out the ids or the filters.');
  }
  if (all && isFiltered) {
    throw usageError('--all means every entry of the state.', 'Leave it out to use the filters.');
  }
  if (!all && !isFiltered) {
    throw usageError(
      'Which entries?',
      'Pass the id of an event, a filter such as --type, --handler, --error or --since, or --all.',
    );
  }
  return { filter: readFilter(flags) };
}

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export function readSince(text: string, nowMs: number): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (unit !== undefined) return nowMs - Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
  const date = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(date)) return date;
  throw usageError(
    '--since is not a time.',
    'Pass 30s, 30m, 2h or 7d, or a date such as 2026-11-28T03:00:00Z.',
  );
}
