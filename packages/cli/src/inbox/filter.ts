import type { InboxItem, InboxState } from '@showpad-webhooks/core/inbox';
import type { EntrySelection } from '@showpad-webhooks/core/operations';

/** Which entries of an inbox a command means. */
export interface Filter {
  readonly state: InboxState;
  readonly types?: readonly string[] | undefined;
  readonly handlers?: readonly string[] | undefined;
  readonly errorCodes?: readonly string[] | undefined;
  /** Unix time in ms. */
  readonly sinceMs?: number | undefined;
  readonly limit?: number | undefined;
}

export function selectionOf({ state, sinceMs, types, handlers, errorCodes }: Filter): EntrySelection {
  const matches = (item: InboxItem): boolean => {
    if (types && !types.includes(item.type)) return false;
    if (errorCodes && !errorCodes.includes(item.error?.code ?? '')) return false;
    return !handlers || handlers.includes(item.error?.handlerName ?? '');
  };
  return { state, sinceMs, matches };
}
