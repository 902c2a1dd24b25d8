import { vi } from 'vitest';

/** Vitest gives up after a second, which is not enough on a busy machine, and has no setting for these two. */
const PATIENCE = { timeout: 60_000 };

const { waitFor, waitUntil } = vi;
vi.waitFor = (check, options) => waitFor(check, { ...PATIENCE, ...asObject(options) });
vi.waitUntil = (check, options) => waitUntil(check, { ...PATIENCE, ...asObject(options) });

function asObject(options: { timeout?: number; interval?: number } | number = {}): object {
  return typeof options === 'number' ? { timeout: options } : options;
}
