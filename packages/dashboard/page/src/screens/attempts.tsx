import { formatDateTime } from '@showpad-webhooks/ui/state/format.ts';
import { visible } from '@showpad-webhooks/ui/state/visible.ts';
import type { VNode } from 'preact';
import type { AttemptView } from '../../../src/api/views.ts';

/** What became of each attempt, the latest first. */
export function Attempts({ attempts }: { attempts: readonly AttemptView[] }): VNode {
  return (
    <section class="attempts">
      <h3>Attempts</h3>
      <ol>
        {attempts.toReversed().map((attempt) => (
          <li key={`${attempt.retries} ${attempt.attempt}`}>
            <strong>
              Attempt {attempt.attempt}
              {attempt.retries > 0 &&
                (attempt.retries === 1
                  ? ' after a retry by hand'
                  : ` after ${attempt.retries} retries by hand`)}
            </strong>{' '}
            <Outcome attempt={attempt} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Outcome({
  attempt: { outcome, endedAtMs, tookMs, handler, code, message },
}: {
  attempt: AttemptView;
}): VNode {
  if (outcome === 'running') return <>is running.</>;
  if (outcome === 'done') return <>succeeded.</>;
  if (outcome === 'lost') return <>did not end, because the process died or lost the store.</>;
  return (
    <>
      failed{handler && <> in {visible(handler)}</>} on {formatDateTime(endedAtMs ?? 0)} after {tookMs} ms.
      <p class="wrap">
        <strong>{code}</strong>: {visible(message ?? '')}
      </p>
    </>
  );
}
