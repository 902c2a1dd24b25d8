import type { RetryOutcome } from '@showpad-webhooks/core/operations';
import type { ChangeView, OutcomesView } from '../../../src/api/views.ts';
import { get, post } from './api.ts';

/** How many entries a request names. Their ids must fit into its URL. */
const MAX_IDS = 25;
const MAX_CHARACTERS = 2_000;
const FOLLOW_EVERY_MS = 500;
const FOLLOW_FOR_MS = 30_000;

export interface Target {
  readonly id: string;
  readonly state: string;
}

export interface BulkOptions {
  readonly signal: AbortSignal;
  /** Called after each request, with why an entry was not changed. */
  readonly onChanged: (refusals: ChangeView['refusals']) => void;
}

/** Changes entries, some of them with each request. @throws ApiError if a request fails. Those before it were changed. */
export async function changeAll(
  change: 'retry' | 'discard',
  targets: readonly Target[],
  { signal, onChanged }: BulkOptions,
): Promise<void> {
  for (const { state, ids } of batchesOf(targets)) {
    if (signal.aborted) return;
    const { refusals } = await post<ChangeView>(change, { state, id: ids });
    onChanged(refusals);
  }
}

/** Asks what became of retried entries, until the app has tried each once, or until half a minute is over. */
export async function followAll(
  ids: readonly string[],
  signal: AbortSignal,
  onOutcomes: (outcomes: ReadonlyMap<string, RetryOutcome>) => void,
): Promise<void> {
  const found = new Map<string, RetryOutcome>();
  const endMs = performance.now() + FOLLOW_FOR_MS;
  let left = ids;
  while (left.length > 0 && !signal.aborted && performance.now() < endMs) {
    for (const batch of batchesOf(left.map((id) => ({ id, state: '' })))) {
      const { outcomes } = await get<OutcomesView>('outcomes', { id: batch.ids }, signal);
      for (const [id, outcome] of Object.entries(outcomes)) found.set(id, outcome);
      onOutcomes(found);
      if (performance.now() > endMs) return;
    }
    left = left.filter((id) => (found.get(id) ?? 'waiting') === 'waiting');
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_EVERY_MS));
  }
}

function* batchesOf(
  targets: readonly Target[],
): Generator<{ readonly state: string; readonly ids: readonly string[] }> {
  let ids: string[] = [];
  let characters = 0;
  for (const [index, { id, state }] of targets.entries()) {
    ids.push(id);
    characters += encodeURIComponent(id).length;
    const next = targets[index + 1];
    const isFull =
      ids.length === MAX_IDS || characters + encodeURIComponent(next?.id ?? '').length > MAX_CHARACTERS;
    if (next && !isFull && next.state === state) continue;
    yield { state, ids };
    ids = [];
    characters = 0;
  }
}
