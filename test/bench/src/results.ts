/** One figure of a run. */
export interface Result {
  readonly group: string;
  /** The row of the group's table, */
  readonly name: string;
  /** and its column. */
  readonly at: string;
  readonly value: number;
  readonly unit: Unit;
}

/** `×` is a ratio to the group's first row in the same rounds, or to what the group's title says; the empty one counts. */
export type Unit = '×' | 'ns' | 'req/s' | 'ms' | 'MB' | 'bytes' | 'kB gzip' | '';

export interface Run {
  readonly command: string;
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  /** Packages measured, and ours by their commit. */
  readonly versions: Readonly<Record<string, string>>;
  readonly results: readonly Result[];
}
