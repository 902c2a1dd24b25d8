export { explainError } from './explain-error.ts';
export { checkHealth } from './health.ts';
export { logDelivery } from './log-delivery.ts';
export { noteSlowRun, noteUnfinished, warnOfUnheard } from './warn.ts';
