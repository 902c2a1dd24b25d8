import { ApiError } from '@showpad-webhooks/ui/state/api.ts';
import type { StatusView } from '../../../src/api/views.ts';
import type { Sample } from '../../../src/sampler.ts';
import { get } from './api.ts';
import { update } from './store.ts';

const EVERY_MS = 2_000;
const AFTER_FAILURE_MS = 5_000;
/** An hour of samples. The server keeps no more. */
const MAX_SAMPLES = 360;

let kept: readonly Sample[] = [];

/**
 * Keeps the status current as long as the page can be seen. It asks again and again instead of holding a connection open, so that
 * nothing between it and the app can buffer the answer, and every answer depends on who is logged in now.
 */
export async function connect(): Promise<void> {
  addEventListener('online', () => wake());
  document.addEventListener('visibilitychange', () => wake());
  for (;;) {
    const isLive = await poll();
    await pause(isLive ? EVERY_MS : AFTER_FAILURE_MS);
    while (document.hidden) await pause();
  }
}

let wake = () => {};

/** Waits for so long, or until something happens that makes it worth asking. */
function pause(ms?: number): Promise<void> {
  return new Promise((resolve) => {
    wake = resolve;
    if (ms !== undefined) setTimeout(resolve, ms);
  });
}

async function poll(): Promise<boolean> {
  try {
    const status = await get<StatusView>('status', { after: kept.at(-1)?.atMs });
    kept = [...kept, ...status.samples].slice(-MAX_SAMPLES);
    const { pending, leased, done, dead, lagMs, nowMs: atMs } = status;
    const samples = [...kept, { atMs, pending, leased, done, dead, lagMs }];
    update({ connection: 'live', failure: undefined, status, samples });
    return true;
  } catch (error) {
    const failure = error instanceof ApiError ? error : new ApiError('This page failed', String(error));
    update({ connection: 'lost', failure });
    return false;
  }
}
