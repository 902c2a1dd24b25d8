export { erasedEntry, eraseEntries } from '../inbox/erase.ts';
export { keptFailure, MOST_FAILURES } from '../inbox/failures.ts';
export { readInboxOptions } from '../inbox/options.ts';
export { createPurger, type Purger } from '../inbox/purger.ts';
export { bodyIsGone, checkTarget } from '../inbox/target.ts';
export { timesOf } from '../inbox/times.ts';
export { newFence } from './fence.ts';
export {
  createRowReader,
  type InboxRow,
  type RowReader,
  type StoredNumber,
  seqOfUnreadable,
  storedMeta,
} from './inbox-row.ts';
export { keyTextOf } from './key-text.ts';
export { createLatestPut, type LatestPut } from './latest-put.ts';
export { readDone } from './read-done.ts';
