import type { MaybePromise } from '../shared/promise.ts';

/**
 * Remembers which events were handled, so that each is handled once. Each key has a state,
 * `(none) → claimed (lease) → completed (kept for a time)`. A released claim goes back to none, and the ledger keeps which
 * handlers had succeeded and how many attempts were made.
 *
 * Each call must be atomic. If a call throws or takes longer than 2.5 s, the delivery is answered with 503. A ledger measures
 * time with a clock of its own, which all its holders share and which never steps, such as the clock of the database server:
 * the clocks of two machines differ, and each of them can be set. Run `ledgerConformance` of `@showpad-webhooks/core/testing`
 * on your own ledger.
 */
export interface Ledger {
  /**
   * True if the ledger is in the memory of this process. Without it, handlers need names that stay the same, because a deploy
   * may come between two attempts.
   */
  readonly endsWithProcess?: boolean;
  /** Takes the event, unless it is completed or the lease of another holder is still valid. */
  claim(request: ClaimRequest): MaybePromise<ClaimResult>;
  /** Renews the lease and, if a handler is named, notes that it is done. False: another holder has the event now. */
  checkpoint(claim: Claim, update: CheckpointUpdate): MaybePromise<boolean>;
  /** Notes that all handlers are done, so the event is a duplicate from now on. False: another holder has the event now. */
  complete(claim: Claim): MaybePromise<boolean>;
  /** Notes that the attempt failed, so the next delivery may claim the event at once. False: another holder has the event now. */
  release(claim: Claim): MaybePromise<boolean>;
}

export interface ClaimRequest {
  /** The receiver's name, a colon and the event's id. It has any length and any characters: hash it if that matters. */
  readonly key: string;
  /** A 31-bit digest of the body, to notice that one id comes with two bodies. */
  readonly bodyDigest: number;
  readonly leaseMs: number;
}

/** Proves who holds an event. Each claim of a key gets another fence, and calls with an earlier one change nothing. */
export interface Claim {
  readonly key: string;
  readonly fence: number;
}

export interface CheckpointUpdate {
  readonly handler?: string | undefined;
  readonly leaseMs: number;
}

export type ClaimResult =
  | {
      readonly status: 'claimed';
      readonly fence: number;
      /** 1 for the first attempt. */
      readonly attempt: number;
      /** How long ago the event was claimed for the first time, in ms. It is 0 for the first attempt. */
      readonly ageMs: number;
      /** The names of the handlers that are done. */
      readonly done: readonly string[];
      /** True if the id was seen before with another body. */
      readonly isConflict: boolean;
    }
  | { readonly status: 'completed' | 'in-progress'; readonly isConflict: boolean };

/** Shorter than Showpad's retry window of 14.25 s, so that the last retry can take over from a process that died. */
export const LEASE_MS = 10_000;

const yes = () => true;

/** Stands for `ledger: false`: every delivery is new. */
export const noLedger: Ledger = {
  endsWithProcess: true,
  claim: () => ({ status: 'claimed', fence: 0, attempt: 1, ageMs: 0, done: [], isConflict: false }),
  checkpoint: yes,
  complete: yes,
  release: yes,
};
