export { type AttemptOutcome, attemptsOf } from './attempts-of.ts';
export {
  type ChangeEntriesOptions,
  changeEntries,
  type EntryChange,
  whyNotChange,
} from './change-entries.ts';
export { type InboxStatus, readStatus } from './read-status.ts';
export { type RetriedEntry, type RetryOutcome, retryOutcomes } from './retry-outcomes.ts';
export {
  type EntrySelection,
  findEntry,
  INBOX_STATES,
  type SelectEntriesOptions,
  type SelectedEntries,
  selectEntries,
  selectPage,
} from './select-entries.ts';
