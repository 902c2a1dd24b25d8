import type { MaybePromise } from './promise.ts';

/**
 * Remembers which events were handled, so that each is handled once. Per key it holds
 * `(none) → claimed (lease) → completed (kept for a time)`; a released claim goes back to none, keeping which
 * handlers had succeeded and how many attempts were made.
 *
 * Each call must be atomic. A ledger that throws, or takes over 2.5 s, is answered 503. All times are unix
 * time in ms and come from the receiver, so that every ledger can be tested with a clock that stands still:
 * run `ledgerConformance` of `@showpad-webhooks/core/testing` on yours.
 */
export interface Ledger {
  /** Takes the event, unless it is completed or another holder's lease is alive. */
  claim(request: ClaimRequest): MaybePromise<ClaimResult>;
  /** Notes that a handler is done for good, where one is named, and renews the lease. False: the claim was lost. */
  checkpoint(claim: Claim, update: CheckpointUpdate): MaybePromise<boolean>;
  /** All handlers are done: duplicates are answered from now on. False: the claim was lost. */
  complete(claim: Claim, update: { readonly nowMs: number }): MaybePromise<boolean>;
  /** The attempt failed: the next delivery may claim at once. False: the claim was lost. */
  release(claim: Claim, update: { readonly nowMs: number }): MaybePromise<boolean>;
}

export interface ClaimRequest {
  /** Receiver name, a colon and the event's id. Of any length and any characters: hash it where that matters. */
  readonly key: string;
  /** A 31-bit digest of the body, to notice one id with two bodies. */
  readonly bodyDigest: number;
  readonly leaseMs: number;
  readonly nowMs: number;
}

/** A holder's proof. Each claim of a key gets a higher fence; what comes with an older one changes nothing. */
export interface Claim {
  readonly key: string;
  readonly fence: number;
}

export interface CheckpointUpdate {
  readonly handler?: string;
  readonly leaseMs: number;
  readonly nowMs: number;
}

export type ClaimResult =
  | {
      readonly status: 'claimed';
      readonly fence: number;
      /** 1 for the first attempt. */
      readonly attempt: number;
      /** Names of the handlers that are done. */
      readonly done: readonly string[];
      /** True where the id was seen before with another body. */
      readonly isConflict: boolean;
    }
  | { readonly status: 'completed' | 'in-progress'; readonly isConflict: boolean };

const yes = () => true;

/** For `ledger: false`: every delivery is new. */
export const noLedger: Ledger = {
  claim: () => ({ status: 'claimed', fence: 0, attempt: 1, done: [], isConflict: false }),
  checkpoint: yes,
  complete: yes,
  release: yes,
};
