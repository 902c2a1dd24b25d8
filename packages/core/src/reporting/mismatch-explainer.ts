import type { Mismatch } from '../delivery/verify.ts';

/** Larger bodies are not explained, because a forger chooses the body. */
const MAX_EXPLAINED_BYTES = 65_536;
/** A forger also chooses how many deliveries there are, so at most one in this time is explained. */
const PAUSE_MS = 1_000;

/** Explains mismatches to a developer, within bounds: the hint says which of the usual mistakes it is. */
export class MismatchExplainer {
  #lastAtMs = Number.NEGATIVE_INFINITY;

  /** Resolves to a hint, or to undefined if the mismatch is not explained. */
  async explain(delivery: Mismatch): Promise<string | undefined> {
    const nowMs = performance.now();
    const isTooMuch = delivery.body.byteLength > MAX_EXPLAINED_BYTES || nowMs - this.#lastAtMs < PAUSE_MS;
    if (isTooMuch) return undefined;
    this.#lastAtMs = nowMs;
    try {
      // Only development needs the explainer, so this is the one import that waits until it is needed.
      const { mismatchHint } = await import('../explain/mismatch-hint.ts');
      return mismatchHint(delivery);
    } catch {
      return undefined;
    }
  }
}
