/** Names of tables and rows that the targets and the summary look up in the results. */
export const TABLES = {
  verify: 'Verify and parse',
  receive: 'The whole pipeline',
  reject: 'Rejected deliveries',
  keys: 'Number of keys',
  ledger: 'The ledger alone',
  start: 'Import and size',
} as const;

export const throughputTable = (framework: string): string => `${framework}: throughput`;
export const p99Table = (framework: string): string => `${framework}: p99`;

/** The row that only computes the HMAC and parses the body, without any check. */
export const LIMIT = 'the limit';
export const CORE = '@showpad-webhooks/core';
export const MIDDLEWARE = 'showpad-webhooks';
export const HAND_WRITTEN = 'hand-written';
/** The app that is measured with and without an inbox. */
export const WITH_INBOX = 'Express with an inbox';
