import type { Logger } from '@showpad-webhooks/core';
import { printable } from '@showpad-webhooks/core/shared';

/** Who uses the page. */
export interface DashboardUser {
  /** What the audit lines call this person, such as an e-mail address. */
  readonly name: string;
  /** True if this person may look and change nothing. */
  readonly readOnly?: boolean | undefined;
}

/** What somebody did: looked at a payload, retried an entry, or discarded it. */
export type AuditAction = 'payload' | 'retry' | 'discard';

/** Who did what with which entry, and when. It never contains a payload. */
export interface AuditLine {
  readonly at: Date;
  /** The name of the user. */
  readonly who: string;
  readonly action: AuditAction;
  /** The name of the inbox. */
  readonly inbox: string;
  /** The id of the event. It may contain any characters, so write it to a log as JSON. */
  readonly id: string;
}

/** The default of `onAudit`. A name or an id with line breaks must not look like a second line. */
export function logAudit(logger: Logger, { at, who, action, inbox, id }: AuditLine): void {
  logger.info(
    { at: at.toISOString(), who: printable(who), action, inbox, id: printable(id) },
    'showpad webhooks dashboard',
  );
}
