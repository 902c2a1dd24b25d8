import { keyTextOf } from '@showpad-webhooks/core/store';
import type { Database } from './database.ts';
import type { PostgresPoolClient } from './pool.ts';
import { giveBack, takeClient } from './take-client.ts';

/** Tells other processes of new entries, and hears of theirs. Nothing depends on it: without it they look once per `pollMs`. */
export interface Notifications {
  notify(): void;
  listen(wake: () => void): void;
  close(): void;
}

/** One notification in this time is enough, because a process that hears it takes all that is due. */
const LEAST_GAP_MS = 20;
const LISTEN_AGAIN_MS = 1_000;

export function createNotifications({ pool, channel, query }: Database, inbox: string): Notifications {
  const payload = keyTextOf(inbox);
  let client: PostgresPoolClient | undefined;
  let stopHearing = () => {};
  let gap: NodeJS.Timeout | undefined;
  let again: NodeJS.Timeout | undefined;
  let isDue = false;
  let isClosed = false;

  /** This is not part of the put: Postgres lets only one transaction with a notification commit at a time. */
  function notify(): void {
    if (isClosed) return;
    if (gap) {
      isDue = true;
      return;
    }
    isDue = false;
    gap = setTimeout(() => {
      gap = undefined;
      if (isDue) notify();
    }, LEAST_GAP_MS).unref();
    // Nothing depends on it, so its commit need not wait for the disk.
    query(`SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)`, [
      channel,
      payload,
    ]).catch(() => {});
  }

  async function connect(wake: () => void): Promise<void> {
    const connected = await takeClient(pool);
    if (isClosed) return giveBack(connected, true);
    const hear = (notification: { readonly payload?: string }) => {
      if (notification.payload === payload) wake();
    };
    const lose = () => {
      stop();
      listenLater(wake);
    };
    connected.on('notification', hear);
    connected.on('error', lose);
    connected.on('end', lose);
    client = connected;
    stopHearing = () => {
      connected.off('notification', hear);
      connected.off('error', lose);
      connected.off('end', lose);
    };
    try {
      await connected.query(`LISTEN "${channel}"`);
      wake(); // Something may have come before.
    } catch {
      if (client === connected) lose();
    }
  }

  /** Closes the connection, because it would still listen when somebody else gets it from the pool. */
  function stop(): void {
    stopHearing();
    stopHearing = () => {};
    if (client) giveBack(client, false);
    client = undefined;
  }

  function listenLater(wake: () => void): void {
    if (!isClosed) again = setTimeout(() => start(wake), LISTEN_AGAIN_MS).unref();
  }

  function start(wake: () => void): void {
    connect(wake).catch(() => listenLater(wake));
  }

  return {
    notify,
    listen(wake) {
      // Listening takes one connection for itself, and a pool of two would have only one left.
      if ((pool.options?.max ?? 10) > 2) start(wake);
    },
    close() {
      isClosed = true;
      clearTimeout(gap);
      clearTimeout(again);
      stop();
    },
  };
}
