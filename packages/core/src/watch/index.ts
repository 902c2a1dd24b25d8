export type { InboxAlert, InboxAlertDetails, InboxCondition } from './alert.ts';
export { type InboxWatch, type WatchInboxOptions, watchInbox } from './watch-inbox.ts';
