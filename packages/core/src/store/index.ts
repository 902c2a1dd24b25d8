export { erasedEntry } from '../inbox/erase.ts';
export { keptFailure, MOST_FAILURES } from '../inbox/failures.ts';
export { readInboxOptions } from '../inbox/options.ts';
export { checkAboveZero, checkCounts, checkKnown } from '../shared/check.ts';
export { messageOf } from '../shared/error.ts';
export { hashText } from '../shared/hash.ts';
export { setTimer, withDeadline } from '../shared/promise.ts';
export { clip, printable, quote } from '../shared/text.ts';
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
