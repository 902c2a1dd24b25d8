import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ReadPragma } from './durability.ts';

/** The room on a disk or in a database, in bytes. */
interface Room {
  /** What new events may take. It is below 0 if a part of what is reserved is used. */
  readonly left: number;
  readonly all: number;
  /**
   * What is kept for the handling of events that are stored already. When there is no room at all, SQLite cannot even commit
   * that an event is leased or done, so the events that are stored would never make room for others.
   */
  readonly reserved: number;
}

/** SQLite's log grows to about 4 MB, and what is in it goes into the file before the log is used again. */
const RESERVED_ON_DISK = { bytes: 16 * 1_048_576, ofAll: 0.25 };
/** An entry that changes its state moves in the index, and a page of the index that is full becomes two. */
const RESERVED_IN_DATABASE = { bytes: 1_048_576, ofAll: 0.05 };

/** Room for about ten events of the largest size. */
const FEW_BYTES = 100 * 1_048_576;
const FEW_OF_ALL = 0.1;

const ADVICE = 'When nothing is left, deliveries are answered with 503. Make room.';

/** Says in plain words if there is little room left for what will be stored: on the disk, or under the limit of the database. */
export function findRoomProblems(path: string, read: ReadPragma): readonly string[] {
  const problems: string[] = [];
  const disk = roomOnDisk(path);
  if (disk && isFew(disk)) {
    problems.push(
      `The disk of the SQLite database is nearly full: ${inMegabytes(disk.left)} are left. ${ADVICE}`,
    );
  }
  const database = roomInDatabase(read);
  if (isFew(database)) {
    problems.push(
      `The SQLite database has nearly reached its max_page_count: ${inMegabytes(database.left)} are left. ${ADVICE}`,
    );
  }
  return problems;
}

function isFew({ left, all }: Room): boolean {
  return left < Math.min(FEW_BYTES, all * FEW_OF_ALL);
}

const LOOK_AGAIN_BYTES = 1_048_576;
const LOOK_AGAIN_MS = 1_000;
/** The default of older versions of SQLite. Newer ones have a higher one, and nobody sets so high a limit. */
const NO_PAGE_LIMIT = 1_073_741_823;

/** @throws Error if a new event of this size must not be stored, because what is left is reserved. */
export type CheckRoom = (bytes: number) => void;

/** Keeps new events out of the room that is reserved for handling. */
export function createRoomCheck(path: string, read: ReadPragma): CheckRoom {
  let disk: Room | undefined;
  let hasPageLimit = false;
  let storedBytes = Number.POSITIVE_INFINITY;
  let lookedMs = 0;

  function look(): void {
    disk = roomOnDisk(path);
    hasPageLimit = Number(read('max_page_count')) < NO_PAGE_LIMIT;
    storedBytes = 0;
    lookedMs = performance.now();
  }

  return (bytes) => {
    storedBytes += bytes;
    if (storedBytes > LOOK_AGAIN_BYTES || performance.now() - lookedMs > LOOK_AGAIN_MS) look();
    if (disk && disk.left < 0) {
      const kept = `${inMegabytes(disk.reserved)} are reserved for handling what is stored.`;
      throw new Error(`The disk has no room for new events. ${kept}`);
    }
    if (!hasPageLimit) return;
    // A limit that somebody has set may be small, so each event is compared with what is left now.
    const { left, reserved } = roomInDatabase(read);
    if (left < bytes) {
      const kept = `${Math.ceil(reserved / 1_000)} kB are reserved for handling what is stored.`;
      throw new Error(
        `The SQLite database has reached its max_page_count, so it has no room for new events. ${kept}`,
      );
    }
  };
}

/** Undefined for a database in memory, and for a disk that does not say what is left. */
function roomOnDisk(path: string): Room | undefined {
  if (path === '') return undefined;
  try {
    const { bavail, blocks, bsize } = statfsSync(dirname(path));
    return withReserve(bavail * bsize, blocks * bsize, RESERVED_ON_DISK);
  } catch {
    return undefined;
  }
}

function roomInDatabase(read: ReadPragma): Room {
  const pageBytes = Number(read('page_size'));
  const most = Number(read('max_page_count'));
  const used = Number(read('page_count')) - Number(read('freelist_count'));
  return withReserve((most - used) * pageBytes, most * pageBytes, RESERVED_IN_DATABASE);
}

function withReserve(free: number, all: number, { bytes, ofAll }: typeof RESERVED_ON_DISK): Room {
  const reserved = Math.min(bytes, all * ofAll);
  return { left: free - reserved, all, reserved };
}

function inMegabytes(bytes: number): string {
  return `${Math.max(0, Math.floor(bytes / 1e6))} MB`;
}
