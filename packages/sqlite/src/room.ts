import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ReadPragma } from './durability.ts';

/** Room for about ten events of the largest size. */
const FEW_BYTES = 100 * 1_048_576;
const FEW_OF_ALL = 0.1;

/** Says in plain words if there is little room left for what will be stored: on the disk, or under the limit of the database. */
export function findRoomProblems(path: string, read: ReadPragma): readonly string[] {
  const problems: string[] = [];
  const disk = diskOf(path);
  if (disk && isFew(disk)) {
    problems.push(
      `The disk of the SQLite database is nearly full: ${inMegabytes(disk.free)} are left. ${ADVICE}`,
    );
  }
  const pages = pagesOf(read);
  if (isFew(pages)) {
    problems.push(
      `The SQLite database has nearly reached its max_page_count: ${inMegabytes(pages.free)} are left. ${ADVICE}`,
    );
  }
  return problems;
}

const ADVICE = 'When nothing is left, deliveries are answered with 503. Make room.';

/** SQLite's log grows to about 4 MB, and what is in it goes into the file before the log is used again. */
const RESERVED_BYTES = 16 * 1_048_576;
const RESERVED_OF_ALL = 0.25;
const LOOK_AGAIN_BYTES = 1_048_576;
const LOOK_AGAIN_MS = 1_000;

/** @throws Error if a new event of this size must not be stored, because what is left of the disk is reserved. */
export type CheckRoom = (bytes: number) => void;

/**
 * Reserves some of the disk for the handling of events that are stored already. On a disk that is completely full SQLite can
 * commit nothing, not even that an event is done, so the events that are stored would never make room for others.
 */
export function createRoomCheck(path: string): CheckRoom {
  let problem: string | undefined;
  let storedBytes = Number.POSITIVE_INFINITY;
  let lookedMs = 0;

  function look(): void {
    const disk = path === '' ? undefined : diskOf(path);
    const reserved = disk ? Math.min(RESERVED_BYTES, disk.all * RESERVED_OF_ALL) : 0;
    const isFull = disk !== undefined && disk.free < reserved;
    problem = isFull
      ? `The disk is full. The last ${inMegabytes(reserved)} are kept for handling.`
      : undefined;
    storedBytes = 0;
    lookedMs = performance.now();
  }

  return (bytes) => {
    storedBytes += bytes;
    if (storedBytes > LOOK_AGAIN_BYTES || performance.now() - lookedMs > LOOK_AGAIN_MS) look();
    if (problem !== undefined) throw new Error(problem);
  };
}

interface Room {
  readonly free: number;
  readonly all: number;
}

function isFew({ free, all }: Room): boolean {
  return free < Math.min(FEW_BYTES, all * FEW_OF_ALL);
}

function pagesOf(read: ReadPragma): Room {
  const pageBytes = Number(read('page_size'));
  const most = Number(read('max_page_count'));
  const used = Number(read('page_count')) - Number(read('freelist_count'));
  return { free: (most - used) * pageBytes, all: most * pageBytes };
}

function diskOf(path: string): Room | undefined {
  try {
    const { bavail, blocks, bsize } = statfsSync(dirname(path));
    return { free: bavail * bsize, all: blocks * bsize };
  } catch {
    return undefined;
  }
}

function inMegabytes(bytes: number): string {
  return `${Math.floor(bytes / 1e6)} MB`;
}
