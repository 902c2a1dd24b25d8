import { messageOf, type ShowpadWebhookError } from '../shared/error.ts';
import type { WebhookHeaders } from '../shared/headers.ts';
import type { PreparedKey } from '../signature/keys.ts';
import { mismatch } from '../signature/signature.ts';

export interface MismatchOptions {
  readonly body: Uint8Array;
  readonly headers: WebhookHeaders;
  readonly keys: readonly PreparedKey[];
  readonly toleranceSeconds: number;
  readonly nowMs: number;
}

/** Larger bodies are not explained, because a forger chooses the body. */
const MAX_EXPLAINED_BYTES = 65_536;
/** A forger also chooses how many deliveries there are, so at most one in this time is explained. */
const PAUSE_MS = 1_000;

/** Explains mismatches to a developer, within bounds: the hint says which of the usual mistakes it is. */
export class MismatchExplainer {
  #lastAtMs = Number.NEGATIVE_INFINITY;

  async explain(options: MismatchOptions): Promise<ShowpadWebhookError> {
    const nowMs = performance.now();
    if (options.body.byteLength > MAX_EXPLAINED_BYTES || nowMs - this.#lastAtMs < PAUSE_MS) return mismatch();
    this.#lastAtMs = nowMs;
    try {
      return mismatch(await explanationOf(options));
    } catch (thrown) {
      return mismatch(`The mismatch could not be explained: ${messageOf(thrown)}`);
    }
  }
}

async function explanationOf({ keys, ...delivery }: MismatchOptions): Promise<string> {
  // Only development needs the explainer, so this is the one import that waits until it is needed.
  const { explainMismatch } = await import('../explain/explain-mismatch.ts');
  const findings = explainMismatch({ ...delivery, keys: keys.map(({ text }) => text) });
  const proven = findings.filter(({ certainty }) => certainty === 'proven');
  if (proven.length > 0) return proven.map(({ detail, fix }) => `${detail} ${fix}`).join(' ');
  return (
    'The usual mistakes were tried, and none of them explains it. So the key belongs to another subscription or is ' +
    'incomplete, the body was changed in an unusual way, or it is a forgery.'
  );
}
