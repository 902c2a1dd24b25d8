export interface Point {
  readonly atMs: number;
  readonly value: number;
}

export interface Trend {
  readonly perHour: number;
  /** The standard error of the slope, per hour. If each value is close to the one before it, the points count as fewer. */
  readonly error: number;
  /** By how much the line rises over the points. */
  readonly growth: number;
}

const HOUR_MS = 3_600_000;

/** The line through the points with the least squares. Undefined for fewer than four points. */
export function trendOf(points: readonly Point[]): Trend | undefined {
  if (points.length < 4) return undefined;
  const meanMs = meanOf(points.map(({ atMs }) => atMs));
  const mean = meanOf(points.map(({ value }) => value));
  const spread = sumOf(points.map(({ atMs }) => (atMs - meanMs) ** 2));
  const slope = sumOf(points.map(({ atMs, value }) => (atMs - meanMs) * (value - mean))) / spread;
  const residuals = points.map(({ atMs, value }) => value - mean - slope * (atMs - meanMs));
  const error = Math.sqrt(sumOf(residuals.map((each) => each ** 2)) / freedomOf(residuals) / spread);
  const times = points.map(({ atMs }) => atMs);
  const growth = slope * (Math.max(...times) - Math.min(...times));
  return { perHour: slope * HOUR_MS, error: error * HOUR_MS, growth };
}

/** How many independent points the residuals are worth, less the two that the line takes. */
function freedomOf(residuals: readonly number[]): number {
  const count = residuals.length;
  const squares = sumOf(residuals.map((each) => each ** 2));
  const products = sumOf(residuals.slice(1).map((each, index) => each * (residuals[index] ?? 0)));
  const likeness = squares === 0 ? 0 : Math.max(0, products / squares);
  return Math.max(1, (count * (1 - likeness)) / (1 + likeness) - 2);
}

/** True if the values surely rise, and by more than `most` from the first to the last. */
export function isRising(trend: Trend | undefined, most: number): boolean {
  return trend !== undefined && trend.perHour > 3 * trend.error && trend.growth > most;
}

export function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function meanOf(values: readonly number[]): number {
  return sumOf(values) / values.length;
}
