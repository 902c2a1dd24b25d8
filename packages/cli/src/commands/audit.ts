import {
  type RetryInfo,
  ShowpadApiError,
  type Subscription,
  type SubscriptionsApi,
} from '@showpad-webhooks/client';
import type { Inbox } from '@showpad-webhooks/core';
import { findStored } from '../audit/find-stored.ts';
import { isFromReceiver, judge } from '../audit/judge.ts';
import { readLog } from '../audit/read-log.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { useInbox } from '../inbox/open-inbox.ts';
import { type AccountFlags, openClient, readAccount } from '../input/account.ts';
import { readLogFields } from '../input/log-fields.ts';
import { seconds } from '../terminal/seconds.ts';
import { type AuditReport, createAuditReport } from './audit-report.ts';
import { type InboxFlags, readSince, readSource } from './inbox-flags.ts';

export interface AuditFlags extends AccountFlags, Partial<InboxFlags> {
  readonly since: string;
  readonly logField?: readonly string[];
}

/** What the audit of one subscription needs. */
interface Auditing {
  readonly api: SubscriptionsApi;
  readonly inbox: Inbox | undefined;
  readonly sinceMs: number;
  readonly signal: AbortSignal;
  readonly report: AuditReport;
}

/** Compares Showpad's log of each subscription with what an inbox has. */
export async function audit(ids: readonly string[], flags: AuditFlags, context: Context): Promise<void> {
  const { io, output } = context;
  const { store } = flags;
  const sinceMs = readSince(flags.since, Date.now());
  const readLogEntry = readLogFields(flags.logField);
  const source = store === undefined ? undefined : await readSource({ ...flags, store }, io);
  const { subscriptions: api } = await openClient(await readAccount(flags, io), {
    assumptions: { readLogEntry },
    hooks: { onRetry: (info) => output.note(waitOf(info)) },
  });
  const report = createAuditReport({ output, hasInbox: source !== undefined, sinceMs });
  const auditAll = async (inbox?: Inbox) => {
    const { signal } = io;
    for (const subscription of await find(api, ids, signal)) {
      await auditOne(subscription, { api, inbox, sinceMs, signal, report });
    }
  };
  try {
    await (source ? useInbox(source, ({ inbox }) => auditAll(inbox)) : auditAll());
  } catch (error) {
    throw io.signal.aborted ? new CliError('Stopped before all logs were read.') : error;
  }
  if (!report.end()) context.exitCode = EXIT.failed;
}

async function find(
  api: SubscriptionsApi,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly Subscription[]> {
  const all = await api.list({ signal });
  if (all.length === 0)
    throw new CliError('The account has no subscription.', 'Check the account with "whoami".');
  const unknown = ids.find((id) => !all.some((each) => each.id === id));
  if (unknown !== undefined) {
    throw new CliError(`The account has no subscription "${unknown}".`, 'See "subscriptions list".');
  }
  return ids.length === 0 ? all : all.filter(({ id }) => ids.includes(id));
}

async function auditOne(
  subscription: Subscription,
  { api, inbox, sinceMs, signal, report }: Auditing,
): Promise<void> {
  const log = await readLog(api.iterateLogs(subscription.id, { signal }), sinceMs).catch((error) => {
    // One log that cannot be read says nothing about the others. A token that is refused is refused for all.
    if (!ShowpadApiError.isInstance(error) || error.status === 401 || error.status === 403) throw error;
    report.failed(subscription, error);
  });
  if (!log) return;
  const ids = log.events.map(({ eventId }) => eventId);
  const stored = inbox && (await findStored(inbox, ids, signal));
  signal.throwIfAborted();
  const nowMs = Date.now();
  const isReceiverThere = log.events.some(({ attempts }) => attempts.some(isFromReceiver));
  const events = log.events.map((event) => {
    const isStored = stored?.has(event.eventId);
    return { ...event, isStored, verdict: judge(event, { nowMs, isStored, isReceiverThere }) };
  });
  report.add(subscription, { ...log, events, isReceiverThere });
}

function waitOf({ delayMs, error }: RetryInfo): string {
  const why = error.status === 429 ? 'Showpad limits the requests' : error.message.replace(/\.$/, '');
  return `${why}: trying again in ${seconds(delayMs)}.`;
}
