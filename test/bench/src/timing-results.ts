import type { Timing } from './measure.ts';
import type { Result } from './results.ts';

export function ratios(table: string, column: string, timings: readonly Timing[]): Result[] {
  return timings.map(({ name, ratio }) => ({ table, row: name, column, value: ratio, unit: '×' }));
}

export function ratiosAndTimes(table: string, column: string, timings: readonly Timing[]): Result[] {
  return timings.flatMap(({ name, ratio, ns }): Result[] => [
    { table, row: name, column, value: ratio, unit: '×' },
    { table, row: name, column, value: ns, unit: 'ns' },
  ]);
}
