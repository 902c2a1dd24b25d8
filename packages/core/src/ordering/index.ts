export { createMemoryLatestTimes, type LatestTimes, type MemoryLatestTimesOptions } from './latest-times.ts';
export { type SkipOlderOptions, skipOlder } from './skip-older.ts';
