const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

/** How long ago something was, in one rough number: `3 min ago`. What is to come is `in 3 min`. */
export function ago(ms: number): string {
  const [size, unit] = UNITS.find(([length]) => Math.abs(ms) >= length) ?? [1_000, 's'];
  const count = Math.floor(Math.abs(ms) / size);
  if (count === 0) return 'now';
  return ms < 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}
