import { badCursor, notFound } from '../problem.ts';
import { ulid } from '../ulid.ts';
import { type AttemptRecord, type EmulatorNotification, hasEnded } from './attempt.ts';

export interface AttemptFilter {
  readonly subscriptionId?: string | undefined;
  readonly type?: string | undefined;
  readonly eventId?: string | undefined;
  readonly notificationId?: string | undefined;
  /** Leaves out attempts that are still to be sent. */
  readonly isEnded?: boolean;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** The cursor of the next page; null on the last. */
  readonly next: string | null;
}

export interface LogLimits {
  readonly maxStoredAttempts: number;
  readonly maxStoredBodyBytes: number;
  /** How many bytes of all bodies together are kept. */
  readonly maxStoredBytes: number;
}

const WHY_GONE = 'Its subscription may have been deleted, or it was removed to make room for newer attempts';

/**
 * Every attempt, past and future. The size is bounded: the oldest are removed first. An attempt that is removed before it
 * was sent is sent nevertheless.
 */
export class AttemptLog {
  readonly limits: LogLimits;
  readonly #records = new Map<string, AttemptRecord>();
  #sequence = 0;
  #bytes = 0;

  constructor(limits: LogLimits) {
    this.limits = limits;
  }

  add(notification: EmulatorNotification, number: number, dueAt: number): AttemptRecord {
    const record: AttemptRecord = {
      id: ulid(dueAt),
      sequence: this.#sequence++,
      notification,
      number,
      dueAt,
      startedAt: null,
      durationMs: null,
      state: 'scheduled',
      request: null,
      response: null,
      error: null,
      faults: [],
      nextAttemptAt: null,
      signature: null,
      isTaken: false,
    };
    this.#records.set(record.id, record);
    this.#evict();
    return record;
  }

  /** Call this when an attempt has its bodies. */
  count(record: AttemptRecord): void {
    if (!this.#records.has(record.id)) return;
    this.#bytes += bytesOf(record);
    this.#evict();
  }

  /** @throws EmulatorProblem `NOT_FOUND` */
  get(id: string): AttemptRecord {
    const record = this.#records.get(id);
    if (!record) throw notFound(`attempt with this id. ${WHY_GONE}`);
    return record;
  }

  /** Oldest first. */
  all(): AttemptRecord[] {
    return [...this.#records.values()];
  }

  /** Newest first. */
  page(filter: AttemptFilter, limit: number, cursor?: string): Page<AttemptRecord> {
    const before = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
    if (Number.isNaN(before)) throw badCursor();
    const items = this.all()
      .reverse()
      .filter((record) => record.sequence < before && matches(record, filter));
    const last = items[limit - 1];
    return { items: items.slice(0, limit), next: last && items.length > limit ? `${last.sequence}` : null };
  }

  deleteOf(subscriptionId: string): void {
    for (const record of this.#records.values()) {
      if (record.notification.subscriptionId === subscriptionId) this.#delete(record);
    }
  }

  clear(): void {
    this.#records.clear();
    this.#bytes = 0;
  }

  #evict(): void {
    const { maxStoredAttempts, maxStoredBytes } = this.limits;
    for (const record of this.#records.values()) {
      if (this.#records.size <= maxStoredAttempts && this.#bytes <= maxStoredBytes) return;
      this.#delete(record);
    }
  }

  #delete(record: AttemptRecord): void {
    this.#records.delete(record.id);
    if (hasEnded(record)) this.#bytes -= bytesOf(record);
  }
}

function bytesOf({ request, response }: AttemptRecord): number {
  return (request?.body.byteLength ?? 0) + (response?.body.byteLength ?? 0);
}

function matches(record: AttemptRecord, filter: AttemptFilter): boolean {
  const { notification } = record;
  return (
    (!filter.isEnded || hasEnded(record)) &&
    (filter.subscriptionId === undefined || filter.subscriptionId === notification.subscriptionId) &&
    (filter.type === undefined || filter.type === notification.type) &&
    (filter.eventId === undefined || filter.eventId === notification.eventId) &&
    (filter.notificationId === undefined || filter.notificationId === notification.id)
  );
}
