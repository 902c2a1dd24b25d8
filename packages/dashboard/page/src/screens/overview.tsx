import { formatDuration } from '@showpad-webhooks/ui/state/format.ts';
import { visible } from '@showpad-webhooks/ui/state/visible.ts';
import type { VNode } from 'preact';
import type { StatusView } from '../../../src/api/views.ts';
import { formatCount, handledPerMinute, rates } from '../state/numbers.ts';
import { useStore } from '../state/store.ts';
import { Plot } from './plot.tsx';

/** How the inbox is now, and how it was before. */
export function Overview({ status }: { status: StatusView }): VNode {
  const samples = useStore('samples');
  const times = samples.map(({ atMs }) => atMs);
  const { dead, pending, leased, lagMs, problems } = status;
  const handled = handledPerMinute(samples);
  return (
    <section aria-label="Overview" class="overview">
      {problems.length > 0 && (
        <div class="problem" role="alert">
          <strong>{problems.length === 1 ? 'A problem' : 'Problems'}</strong>
          <ul>
            {problems.map((problem) => (
              <li key={problem}>{visible(problem)}</li>
            ))}
          </ul>
        </div>
      )}
      <dl class="tiles">
        <Tile
          label="Dead"
          value={formatCount(dead)}
          note={dead === 0 ? 'nothing was given up' : 'given up until somebody retries'}
          isBad={dead > 0}
          times={times}
          values={samples.map((sample) => sample.dead)}
        />
        <Tile
          label="Waiting"
          value={formatCount(pending + leased)}
          note={`${formatCount(leased)} of them running`}
          times={times}
          values={samples.map((sample) => sample.pending + sample.leased)}
        />
        <Tile
          label="Lag"
          value={formatDuration(lagMs < 1_000 ? 0 : Math.round(lagMs / 1_000) * 1_000).replace('0 ms', '0 s')}
          note="the oldest due event waits"
          isBad={lagMs > 60_000}
          times={times}
          values={samples.map((sample) => sample.lagMs)}
        />
        <Tile
          label="Done per minute"
          value={handled === undefined ? '–' : formatCount(handled)}
          note={`${formatCount(status.done)} done and remembered`}
          times={times}
          values={rates(samples)}
        />
      </dl>
    </section>
  );
}

interface TileProps {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly isBad?: boolean;
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
}

function Tile({ label, value, note, isBad = false, times, values }: TileProps): VNode {
  return (
    <div class={isBad ? 'tile bad' : 'tile'}>
      <dt>{label}</dt>
      <dd class="value">{value}</dd>
      <dd class="muted">{note}</dd>
      <dd class="plot">
        <Plot label={label} times={times} values={values} />
      </dd>
    </div>
  );
}
