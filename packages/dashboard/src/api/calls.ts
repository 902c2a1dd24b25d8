import type { Inbox } from '@showpad-webhooks/core';
import { type Audit, change, readPayload } from './change.ts';
import { readEntries, readEntry, readOutcomes } from './read.ts';
import type { StatusView } from './views.ts';

interface CallContext {
  readonly inbox: Inbox;
  readonly query: URLSearchParams;
  readonly audit: Audit;
  readStatus(): Promise<StatusView>;
}

export interface Call {
  /** A POST is refused unless the page itself sends it. */
  readonly method: 'GET' | 'POST';
  /** True if it is refused to a user who may only look. */
  readonly isChange?: boolean;
  run(context: CallContext): Promise<unknown>;
}

const CALLS: Readonly<Record<string, Call>> = {
  status: { method: 'GET', run: ({ readStatus }) => readStatus() },
  entries: { method: 'GET', run: ({ inbox, query }) => readEntries(inbox, query) },
  entry: { method: 'GET', run: ({ inbox, query }) => readEntry(inbox, query) },
  outcomes: { method: 'GET', run: ({ inbox, query }) => readOutcomes(inbox, query) },
  payload: { method: 'POST', run: ({ inbox, query, audit }) => readPayload(inbox, query, audit) },
  retry: {
    method: 'POST',
    isChange: true,
    run: ({ inbox, query, audit }) => change('retry', inbox, query, audit),
  },
  discard: {
    method: 'POST',
    isChange: true,
    run: ({ inbox, query, audit }) => change('discard', inbox, query, audit),
  },
};

/** The name of the call at the end of a path. What comes before is the app's own. */
export function callNameOf(pathname: string): string | undefined {
  return /\/api\/([a-z]+)$/.exec(pathname)?.[1];
}

export function findCall(name: string): Call | undefined {
  return Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
}
