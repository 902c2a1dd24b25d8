import type { Mismatch } from '../delivery/verify.ts';
import type { ShowpadWebhookError } from '../shared/error.ts';
import { mismatch } from '../signature/signature.ts';

/** Larger bodies are not explained, because a forger chooses the body. */
const MAX_EXPLAINED_BYTES = 65_536;
/** A forger also chooses how many deliveries there are, so at most one in this time is explained. */
const PAUSE_MS = 1_000;

/** Explains mismatches to a developer, within bounds: the hint says which of the usual mistakes it is. */
export class MismatchExplainer {
  #lastAtMs = Number.NEGATIVE_INFINITY;

  async explain(delivery: Mismatch): Promise<ShowpadWebhookError> {
    const nowMs = performance.now();
    if (delivery.body.byteLength > MAX_EXPLAINED_BYTES || nowMs - this.#lastAtMs < PAUSE_MS)
      return mismatch();
    this.#lastAtMs = nowMs;
    try {
      // Only development needs the explainer, so this is the one import that waits until it is needed.
      const { mismatchHint } = await import('../explain/mismatch-hint.ts');
      return mismatch(mismatchHint(delivery));
    } catch {
      return mismatch();
    }
  }
}
