import type { Inbox } from '../inbox/types.ts';
import { warn } from '../reporting/warn.ts';
import { checkAboveZero, checkKnown } from '../shared/check.ts';
import { logSafely } from '../shared/logger.ts';
import { setRepeatingTimer, withDeadline } from '../shared/promise.ts';
import type { Finding, InboxAlert } from './alert.ts';
import { createFinder } from './find-conditions.ts';

export interface WatchInboxOptions {
  /**
   * Called once when a condition begins and once when it ends. If it throws, rejects, or takes longer than 30 s, it is called
   * again at the next check.
   */
  readonly notify: (alert: InboxAlert) => void | Promise<void>;
  /** Called with what `notify` threw. Default: one process warning for each alert, without the cause. */
  readonly onError?: (error: unknown, alert: InboxAlert) => void;
  /** More dead letters than this are a condition. Default 0. */
  readonly maxDeadLetters?: number;
  /** If an event that is due has been waiting for longer than this, it is a condition. Default 60,000. */
  readonly maxLagMs?: number;
  /**
   * By event type, how long no event of it may arrive. A time longer than the inbox keeps done entries is of no use. Default:
   * none.
   */
  readonly maxSilenceMs?: Readonly<Record<string, number>>;
  /** How often to look at the inbox. Default 20,000. */
  readonly intervalMs?: number;
  /** A condition has ended when it was not found for so long. Default 300,000. */
  readonly quietMs?: number;
  /** Unix time in ms. Default `Date.now`. */
  readonly clock?: () => number;
}

export interface InboxWatch {
  /** Looks now. Resolves when `notify` has been called for what has changed. It never rejects. */
  check(): Promise<void>;
  /** Stops. Nothing is called any more. The inbox stays open. */
  close(): void;
}

interface Condition {
  finding: Finding;
  /** How many checks in a row have found it. */
  found: number;
  /** How many checks in a row have not. */
  missed: number;
  isTold: boolean;
  hasWarned: boolean;
}

const NOTIFY_DEADLINE_MS = 30_000;

/**
 * Looks at an inbox every 20 s and calls you when something begins to be wrong, and again when it is over:
 *
 * - `dead-letters`: events were given up, and wait for a person.
 * - `lag`: events are handled late, or not at all.
 * - `silence`: no event of a type has arrived for too long.
 * - `cannot-store`: deliveries are answered with 503, because they cannot be stored.
 * - `unreachable`: two checks in a row got no answer from the store.
 * - `problem`: `health()` reports something else, such as a clock that stepped or a setting that could lose events.
 *
 * A condition ends when it was not found for `quietMs`, so one that comes and goes calls you once. It keeps no process alive.
 * What it knows is in memory: after a restart it calls again for what still holds, and each process that watches an inbox calls.
 *
 * @throws TypeError for an option that is unknown or out of range.
 *
 * @example
 * ```ts
 * import { createMemoryInbox } from '@showpad-webhooks/core/testing';
 * import { watchInbox } from '@showpad-webhooks/core/watch';
 *
 * const watch = watchInbox(createMemoryInbox(), {
 *   notify: ({ state, text }) => console.log(state, text),
 *   maxSilenceMs: { 'shared-space-user-added': 24 * 3_600_000 },
 * });
 * await watch.check();
 * watch.close();
 * ```
 */
export function watchInbox(inbox: Inbox, options: WatchInboxOptions): InboxWatch {
  const { notify, onError, maxDeadLetters = 0, maxLagMs = 60_000, maxSilenceMs = {} } = options;
  const { intervalMs = 20_000, quietMs = 300_000, clock = Date.now } = options;
  const limits = { maxDeadLetters, maxLagMs, maxSilenceMs };
  checkKnown(options, { notify, onError, ...limits, intervalMs, quietMs, clock });
  if (typeof notify !== 'function') throw new TypeError('The option "notify" must be a function.');
  checkAboveZero({ maxLagMs, intervalMs, quietMs, ...maxSilenceMs });
  const look = createFinder(inbox, limits, clock);
  const checksUntilOver = Math.ceil(quietMs / intervalMs);
  const conditions = new Map<string, Condition>();
  let checking: Promise<void> | undefined;
  let isClosed = false;

  async function checkOnce(): Promise<void> {
    const { found, isKnown } = await look();
    const missing = new Set(conditions.keys());
    for (const finding of found) {
      const key = keyOf(inbox, finding);
      const before = conditions.get(key) ?? { found: 0, isTold: false, hasWarned: false };
      conditions.set(key, { ...before, finding, found: before.found + 1, missed: 0 });
      missing.delete(key);
    }
    for (const key of missing) {
      const condition = conditions.get(key);
      if (!condition || !isKnown(condition.finding.condition)) continue;
      condition.found = 0;
      condition.missed++;
    }
    await Promise.all([...conditions].map(([key, condition]) => update(key, condition)));
  }

  async function update(key: string, condition: Condition): Promise<void> {
    const { finding, found, missed, isTold } = condition;
    const holds = isTold ? missed < checksUntilOver : found >= checksUntilBegun(finding);
    if (holds !== isTold) await tell(condition, holds ? 'begun' : 'ended');
    if (!condition.isTold && condition.found === 0) conditions.delete(key);
  }

  async function tell(condition: Condition, state: InboxAlert['state']): Promise<void> {
    if (isClosed) return;
    const { subject: _, begunText, endedText, ...details } = condition.finding;
    const text = state === 'begun' ? begunText : endedText;
    const key = keyOf(inbox, condition.finding);
    const alert: InboxAlert = { ...details, key, state, text, inboxName: inbox.name };
    try {
      await withDeadline((async () => notify(alert))(), NOTIFY_DEADLINE_MS);
      condition.isTold = state === 'begun';
      condition.hasWarned = false;
    } catch (error) {
      if (onError) logSafely(() => onError(error, alert));
      else if (!condition.hasWarned) warnOf(alert);
      condition.hasWarned = true;
    }
  }

  const timer = setRepeatingTimer(() => void check(), intervalMs);
  /** One check at a time. */
  function check(): Promise<void> {
    if (isClosed) return Promise.resolve();
    checking ??= checkOnce().finally(() => {
      checking = undefined;
    });
    return checking;
  }

  return {
    check,
    close() {
      isClosed = true;
      clearInterval(timer);
    },
  };
}

function keyOf({ name }: Inbox, { condition, subject }: Finding): string {
  return [name, condition, subject].filter((part) => part !== '').join('/');
}

/** One lost packet is no outage. */
function checksUntilBegun({ condition }: Finding): number {
  return condition === 'unreachable' ? 2 : 1;
}

function warnOf({ inboxName, condition, state }: InboxAlert): void {
  warn(
    `The function "notify" failed for the alert "${condition}" (${state}) of the inbox "${inboxName}". It is called again at ` +
      'each check. Pass "onError" to see why it failed.',
    'ALERT_FAILED',
  );
}
