import type { Inbox } from '@showpad-webhooks/core';
import { changeEntries, findEntry, INBOX_STATES } from '@showpad-webhooks/core/operations';
import type { AuditAction } from '../audit.ts';
import { DashboardProblem } from '../responses.ts';
import { idsOf } from './ids.ts';
import { notFound } from './read.ts';
import { type ChangeView, type PayloadView, payloadView } from './views.ts';

/** Writes the audit line of an entry. */
export type Audit = (action: AuditAction, id: string) => Promise<void>;

export async function readPayload(inbox: Inbox, query: URLSearchParams, audit: Audit): Promise<PayloadView> {
  const [id = ''] = idsOf(query);
  const item = await findEntry(inbox, id);
  if (!item) throw notFound();
  if (!item.body) {
    throw new DashboardProblem(404, 'The payload is gone', 'It was deleted when the event was done.');
  }
  await audit('payload', id);
  return payloadView(item.body);
}

/** Changes the entries that still are in the state in which the user saw them. */
export async function change(
  action: 'retry' | 'discard',
  inbox: Inbox,
  query: URLSearchParams,
  audit: Audit,
): Promise<ChangeView> {
  const state = INBOX_STATES.find((known) => known === query.get('state'));
  if (state === undefined) {
    throw new DashboardProblem(
      400,
      'The state is missing',
      'Pass the state in which the entries were shown.',
    );
  }
  const entries = [...new Set(idsOf(query))].map((id) => ({ id, state }));
  for (const { id } of entries) await audit(action, id);
  const refusals: [id: string, refusal: string | null][] = [];
  await changeEntries(inbox, entries, action, {
    onEntry: ({ id }, refusal) => refusals.push([id, refusal ?? null]),
  });
  return { refusals: Object.fromEntries(refusals) };
}
