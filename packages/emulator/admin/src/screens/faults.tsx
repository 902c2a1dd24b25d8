import { DeleteButton } from '@showpad-webhooks/ui/parts/delete-button.tsx';
import type { VNode } from 'preact';
import { EmptyState } from '../parts/empty-state.tsx';
import { request } from '../state/api.ts';
import { controlCommand } from '../state/commands.ts';
import type { FaultRule } from '../state/resources.ts';
import { useStore } from '../state/store.ts';
import { FaultForm } from './fault-form.tsx';
import { API_LABELS, MATCH_LABELS, PARAM_LABELS } from './fault-labels.ts';

/** Rules that break deliveries and responses on purpose, in the same way in every run with the same seed. */
export function FaultsScreen(): VNode {
  const faults = useStore('faults');
  const info = useStore('info');
  return (
    <>
      <p class="muted">
        Each attempt lists the faults that changed it. The seed is {info?.seed}: with the same rules and
        requests, the same faults happen again.
      </p>
      {faults.length === 0 ? (
        <EmptyState
          title="No fault rules yet"
          command={controlCommand('/faults', {
            api: 'delivery',
            match: {},
            probability: 1,
            count: 1,
            action: { kind: 'duplicate' },
          })}
        >
          <p>Add a rule below. The next request that matches it then goes wrong.</p>
        </EmptyState>
      ) : (
        <FaultTable faults={faults} />
      )}
      <FaultForm />
    </>
  );
}

function FaultTable({ faults }: { faults: readonly FaultRule[] }): VNode {
  const names = new Map(useStore('subscriptions').map(({ id, name }) => [id, name]));
  return (
    <section aria-label="Rules">
      <table>
        <thead>
          <tr>
            <th scope="col">Action</th>
            <th scope="col">Applies to</th>
            <th scope="col">Matches</th>
            <th scope="col" class="number">
              Probability
            </th>
            <th scope="col" class="number">
              Left
            </th>
            <th scope="col">
              <span class="hidden-text">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {faults.map(({ id, api, match, probability, count, action: { kind, ...params } }) => (
            <tr key={id}>
              <th scope="row" class="mono">
                {kind} <span class="muted">{listed(params, PARAM_LABELS)}</span>
              </th>
              <td data-label="Applies to">{API_LABELS[api]}</td>
              <td data-label="Matches">
                {listed(named(match, names), MATCH_LABELS) || <span class="muted">everything</span>}
              </td>
              <td class="number" data-label="Probability">
                {Math.round(probability * 100)} %
              </td>
              <td class="number" data-label="Left">
                {leftText(count)}
              </td>
              <td class="actions">
                <DeleteButton
                  title={`Delete rule ${kind}`}
                  onDelete={() => request('DELETE', `/faults/${id}`)}
                >
                  Attempts that it has changed still list it.
                </DeleteButton>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="tools below">
        <DeleteButton
          title="Delete all rules"
          label="Delete all"
          onDelete={() => request('DELETE', '/faults')}
        >
          Nothing goes wrong on purpose then. Attempts that the rules have changed still list them.
        </DeleteButton>
      </div>
    </section>
  );
}

function leftText(count: number | null): string {
  if (count === null) return 'no limit';
  if (count === 0) return 'used up';
  return count === 1 ? '1 time' : `${count} times`;
}

/** The match with the name of its webhook instead of the id. */
function named(match: FaultRule['match'], names: ReadonlyMap<string, string>): object {
  if (!('subscriptionId' in match) || match.subscriptionId === undefined) return match;
  return { ...match, subscriptionId: names.get(match.subscriptionId) ?? 'a deleted webhook' };
}

/** For example "Delay: 1000 ms, Spread (sigma): 1". A unit in the label moves behind the value. */
function listed(values: object, labels: Readonly<Record<string, string>> = {}): string {
  return Object.entries(values)
    .map(([name, value]) => {
      const [, label = labels[name] ?? name, unit = ''] =
        /^(.*) \((ms|s|bytes)\)$/.exec(labels[name] ?? '') ?? [];
      return `${label}: ${value} ${unit}`.trim();
    })
    .join(', ');
}
