import type { Inbox, Logger, MaybePromise } from '@showpad-webhooks/core';
import { checkKnown } from '@showpad-webhooks/core/shared';
import { type AuditLine, type DashboardUser, logAudit } from './audit.ts';

/** Who somebody is: a user, or only a name. Anything falsy refuses. */
export type DashboardAuthorization = DashboardUser | string | false | null | undefined;

export interface DashboardOptions<AppRequest extends object> {
  /** The inbox of the receiver. The dashboard never starts or closes it. */
  readonly inbox: Inbox;
  /**
   * Says who may use the page. It is called for every request, with the request as your framework passes it, and returns the
   * user or the user's name. Whoever it returns nothing for is refused. `'anyone'` lets in everybody who reaches the page.
   */
  readonly authorize: ((request: AppRequest) => MaybePromise<DashboardAuthorization>) | 'anyone';
  /** True if nobody may retry or discard. Default false. */
  readonly readOnly?: boolean;
  /**
   * Receives a line before anybody sees a payload, retries or discards. If it throws or rejects, nothing of that happens.
   * Default: the line goes to the logger.
   */
  readonly onAudit?: (line: AuditLine) => MaybePromise<void>;
  /** Receives the audit lines, unless there is `onAudit`, and what went wrong. Default: the console. */
  readonly logger?: Logger;
}

/** The options with their defaults. */
export interface DashboardSettings<AppRequest extends object> extends DashboardOptions<AppRequest> {
  readonly readOnly: boolean;
  readonly onAudit: (line: AuditLine) => MaybePromise<void>;
  readonly logger: Logger;
}

/** @throws TypeError for an option that is missing, unknown or of a wrong type */
export function readOptions<AppRequest extends object>(
  options: DashboardOptions<AppRequest>,
): DashboardSettings<AppRequest> {
  const { inbox, authorize, readOnly = false, logger = console } = options;
  checkKnown(options, { inbox, authorize, readOnly, onAudit: true, logger });
  if (typeof inbox?.list !== 'function') {
    throw new TypeError(
      'The option "inbox" must be the inbox of your receiver, such as createSqliteInbox({ file }).',
    );
  }
  if (typeof authorize !== 'function' && authorize !== 'anyone') {
    throw new TypeError(
      'The option "authorize" must be a function that returns the name of the user, or nothing to refuse. The page shows ' +
        `personal data, so it does not start without it. 'anyone' lets in everybody who reaches the page.`,
    );
  }
  if (typeof readOnly !== 'boolean') throw new TypeError('The option "readOnly" must be true or false.');
  const { onAudit = (line) => logAudit(logger, line) } = options;
  if (typeof onAudit !== 'function') throw new TypeError('The option "onAudit" must be a function.');
  return { inbox, authorize, readOnly, onAudit, logger };
}
