export { checkAboveZero, checkCounts, checkKnown } from './check.ts';
export { messageOf } from './error.ts';
export { hashText } from './hash.ts';
export { setTimer, withDeadline } from './promise.ts';
export { clip, printable, printableLines, quote } from './text.ts';
