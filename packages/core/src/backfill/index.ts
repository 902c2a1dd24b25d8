export { type BackfillOptions, type BackfillReport, backfill } from './backfill.ts';
