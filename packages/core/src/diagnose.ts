type Diagnostics = typeof import('./diagnostics/index.ts');

/** What tells developers what goes on: loaded when there is something to tell. */
export function diagnose<T>(call: (diagnostics: Diagnostics) => T | Promise<T>): Promise<T> {
  return import('./diagnostics/index.ts').then(call);
}
