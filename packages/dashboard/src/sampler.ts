import type { Inbox } from '@showpad-webhooks/core';
import { type InboxStatus, readStatus } from '@showpad-webhooks/core/operations';

/** What the plots are drawn from. */
export interface Sample extends Omit<InboxStatus, 'problems'> {
  /** Unix time in ms. */
  readonly atMs: number;
}

export interface Sampler {
  /** The inbox as it is now, or was a moment ago. Rejects if the store does not answer. */
  read(): Promise<InboxStatus>;
  /** The samples after a time, oldest first. */
  samples(afterMs: number): readonly Sample[];
  stop(): void;
}

/** These two keep an hour of samples. */
const INTERVAL_MS = 10_000;
const KEPT = 360;
const FRESH_MS = 1_000;
/** The store is for the app: at most this part of the time is spent on counting it. */
const SHARE = 1 / 100;

/** Counts an inbox from time to time, whether or not somebody looks. It keeps no process alive. */
export function createSampler(inbox: Pick<Inbox, 'counts' | 'health'>): Sampler {
  const kept: Sample[] = [];
  let latest: { readonly reading: Promise<InboxStatus>; readonly untilMs: number } | undefined;
  let timer = schedule(INTERVAL_MS);

  function read(): Promise<InboxStatus> {
    const startMs = performance.now();
    if (latest && startMs < latest.untilMs) return latest.reading;
    const reading = readStatus(inbox);
    latest = { reading, untilMs: Number.POSITIVE_INFINITY };
    const expire = () => {
      const nowMs = performance.now();
      latest = { reading, untilMs: nowMs + Math.max(FRESH_MS, (nowMs - startMs) / SHARE) };
    };
    reading.then(expire, expire);
    return reading;
  }

  function schedule(delayMs: number): NodeJS.Timeout {
    return setTimeout(async () => {
      const startMs = performance.now();
      await sample().catch(() => {}); // The plot has a gap there.
      timer = schedule(Math.max(INTERVAL_MS, (performance.now() - startMs) / SHARE));
    }, delayMs).unref();
  }

  async function sample(): Promise<void> {
    const { problems: _, ...counted } = await read();
    kept.push({ atMs: Date.now(), ...counted });
    if (kept.length > KEPT) kept.shift();
  }

  return {
    read,
    samples: (afterMs) => kept.filter(({ atMs }) => atMs > afterMs),
    stop: () => clearTimeout(timer),
  };
}
