import { randomUUID } from 'node:crypto';
import type { InboxOptions } from '../inbox/options.ts';
import type { Inbox } from '../inbox/types.ts';
import type { MaybePromise } from '../shared/promise.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { handlingCases } from './inbox-handling-cases.ts';
import { operatingCases } from './inbox-operating-cases.ts';
import { sharingCases } from './inbox-sharing-cases.ts';
import { type Check, type Open, subjectOf } from './inbox-subject.ts';

/**
 * What an `Inbox` must do, as cases that reject if it does not: storing and duplicates, attempts, backoff, dead letters,
 * retries by hand, order, several consumers, and closing.
 *
 * @param create makes an inbox. Two with one `name` must share their entries, as two processes would.
 *
 * @example
 * ```ts
 * import type { Inbox } from '@showpad-webhooks/core';
 * import type { InboxOptions } from '@showpad-webhooks/core/inbox';
 * import { inboxConformance } from '@showpad-webhooks/core/testing';
 *
 * export async function check(createMyInbox: (options: InboxOptions) => Inbox) {
 *   for (const { run } of inboxConformance(createMyInbox)) await run();
 * }
 * ```
 */
export function inboxConformance(
  create: (options: InboxOptions) => MaybePromise<Inbox>,
): readonly ConformanceCase[] {
  const check: Check = (name, body) => ({
    name,
    run: async () => {
      const inboxName = `conformance-${randomUUID()}`;
      const opened: Inbox[] = [];
      const open: Open = async (options) => {
        const inbox = await create({ backoff: () => 1, ...options, name: inboxName });
        opened.push(inbox);
        return subjectOf(inbox);
      };
      try {
        await body(open);
      } finally {
        for (const inbox of opened) await inbox.close({ timeoutMs: 0 });
      }
    },
  });

  return [...handlingCases(check), ...operatingCases(check), ...sharingCases(check)];
}
