export { checkAboveZero } from '../check.ts';
export { hashText } from '../hash.ts';
export { withDeadline } from '../promise.ts';
export { toHeaders } from './headers.ts';
export { checkPath, matchesPath } from './path.ts';
export { findRawBody, type RawBodySources } from './raw-body.ts';
export { type ReadBodyOptions, readBody } from './read-body.ts';
export { writeResponse } from './write-response.ts';
