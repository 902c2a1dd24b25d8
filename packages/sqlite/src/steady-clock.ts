import { readFileSync } from 'node:fs';
import type { SqliteHandle } from './sqlite-handle.ts';

/** The clock of the machine that never steps, and that all of its processes share. It starts over when the machine restarts. */
export interface MachineClock {
  /** The time in whole ms. */
  now(): number;
  /** Another text after each restart of the machine, where the system can tell. */
  readonly bootId: string;
}

export const machineClock: MachineClock = {
  now() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1_000 + Math.floor(nanoseconds / 1e6);
  },
  bootId: readBootId(),
};

/**
 * Opens the clock of a database: the machine's clock plus an offset that is kept in the database. All processes that have the
 * database open read the same time from it, and no step of the wall clock changes it. After a restart of the machine it goes
 * on from the last time that was noted, so the time for which the database was not open may not count.
 *
 * Call this in a transaction that writes.
 *
 * @returns a function that gives the time in whole ms.
 */
export function openClock(handle: SqliteHandle, machine: MachineClock): () => number {
  const [row] = handle
    .prepare('SELECT clock_offset_ms, clock_ms, boot_id FROM showpad_webhooks')
    .all() as ClockRow[];
  const notedMs = Number(row?.clock_ms);
  let offsetMs = Number(row?.clock_offset_ms);
  // Without a boot id, or if the file was copied from another machine, only a clock that is behind shows the restart.
  if (row?.boot_id !== machine.bootId || machine.now() + offsetMs < notedMs) {
    offsetMs = notedMs - machine.now();
    handle
      .prepare('UPDATE showpad_webhooks SET clock_offset_ms = ?, boot_id = ?')
      .run(offsetMs, machine.bootId);
  }
  return () => machine.now() + offsetMs;
}

interface ClockRow {
  readonly clock_offset_ms: number | bigint;
  readonly clock_ms: number | bigint;
  readonly boot_id: string;
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
