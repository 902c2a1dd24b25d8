/** One number of a run, and the cell of the table in which it is shown. A cell may show several units. */
export interface Result {
  readonly table: string;
  readonly row: string;
  readonly column: string;
  readonly value: number;
  readonly unit: Unit;
}

/** `×` is a ratio, in most tables to their first row. A count has no unit. */
export type Unit = '×' | 'ns' | 'req/s' | 'ms' | 'MB' | 'bytes' | 'kB gzip' | '';

export interface Run {
  readonly command: string;
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  /** The version of each library, and the commit for our own packages. */
  readonly versions: Readonly<Record<string, string>>;
  readonly results: readonly Result[];
}

/** Without a unit, it finds the first result of the cell, which is the ratio if the cell has one. */
export function findResult(
  results: readonly Result[],
  { table, row, column, unit }: Omit<Result, 'value' | 'unit'> & { readonly unit?: Unit },
): Result | undefined {
  return results.find(
    (result) =>
      result.table === table &&
      result.row === row &&
      result.column === column &&
      (unit === undefined || result.unit === unit),
  );
}
