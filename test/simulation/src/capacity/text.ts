/** Two digits, because more would only show noise. */
export function about(value: number): string {
  if (value === 0) return '0';
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  const rounded = Number((Math.round(value / unit) * unit).toPrecision(2));
  if (rounded >= 1e9) return `${rounded / 1e9} billion`;
  if (rounded >= 1e6) return `${rounded / 1e6} million`;
  return rounded.toLocaleString('en');
}

export function aboutBytes(bytes: number): string {
  for (const [unit, name] of [
    [1e12, 'TB'],
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ] as const) {
    if (bytes >= unit) return `${about(bytes / unit)} ${name}`;
  }
  return `${about(bytes)} bytes`;
}

export function aboutTime(ms: number): string {
  if (ms >= 60_000) return `${about(ms / 60_000)} min`;
  return ms >= 1_000 ? `${about(ms / 1_000)} s` : `${about(ms)} ms`;
}
