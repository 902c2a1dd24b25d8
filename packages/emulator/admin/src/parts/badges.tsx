import { Badge, type Tone } from '@showpad-webhooks/ui/parts/badge.tsx';
import { formatDuration } from '@showpad-webhooks/ui/state/format.ts';
import type { VNode } from 'preact';
import { outcomeOf } from '../state/outcome.ts';
import type { Attempt, CatalogueEntry } from '../state/resources.ts';

/** What an HTTP status means to Showpad: success, a lost event, or a retry. */
export function statusTone(status: number): Tone {
  if (status >= 200 && status < 300) return 'good';
  return status >= 500 ? 'wait' : 'bad';
}

/** The outcome of one attempt in a few words: 200 handled, 503, ECONNREFUSED, sending. */
export function AttemptBadge({ attempt }: { attempt: Attempt }): VNode {
  const { state, response, error } = attempt;
  if (state === 'sending') return <Badge tone="plain">sending</Badge>;
  const isLost = state === 'gave-up' || state === 'failed';
  if (response) {
    const { outcome = '' } = outcomeOf(response.body);
    const tone = isLost ? 'bad' : statusTone(response.status);
    return <Badge tone={tone}>{`${response.status} ${outcome}`.trim()}</Badge>;
  }
  return <Badge tone={isLost ? 'bad' : 'wait'}>{error?.code ?? state}</Badge>;
}

export const untilText = (at: number, now: number): string =>
  at > now ? `in ${formatDuration(at - now)}` : 'due now';

/** Says where the sample of a type comes from, if Showpad does not document it. */
export function Origin({
  isDocumented,
  isYours,
}: Pick<CatalogueEntry, 'isDocumented' | 'isYours'>): VNode | null {
  if (isYours) return <span class="badge accent">yours</span>;
  return isDocumented ? null : <Inferred />;
}

function Inferred(): VNode {
  return (
    <a class="badge inferred" href="#/assumptions" title="Showpad does not document this. See Assumptions.">
      inferred
    </a>
  );
}
