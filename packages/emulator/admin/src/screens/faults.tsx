import type { VNode } from 'preact';
import { DeleteButton } from '../parts/delete-button.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { request } from '../state/api.ts';
import { controlCommand } from '../state/commands.ts';
import type { FaultRule } from '../state/resources.ts';
import { useStore } from '../state/store.ts';
import { FaultForm } from './fault-form.tsx';

/** Rules that break deliveries and answers on purpose, the same way at every run with the same seed. */
export function FaultsScreen(): VNode {
  const faults = useStore('faults');
  const info = useStore('info');
  return (
    <>
      <p class="muted">
        Each firing is recorded on its attempt. The seed is {info?.seed}: the same rules and requests break
        alike again.
      </p>
      {faults.length === 0 ? (
        <EmptyState
          title="Nothing is broken"
          command={controlCommand('/faults', {
            api: 'delivery',
            match: {},
            probability: 1,
            count: 1,
            action: { kind: 'duplicate' },
          })}
        >
          <p>Add a rule below, and the next request that matches it goes wrong.</p>
        </EmptyState>
      ) : (
        <FaultTable faults={faults} />
      )}
      <FaultForm />
    </>
  );
}

function FaultTable({ faults }: { faults: readonly FaultRule[] }): VNode {
  return (
    <section aria-label="Rules">
      <table>
        <thead>
          <tr>
            <th scope="col">Action</th>
            <th scope="col">Where</th>
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
                {kind} <span class="muted">{listed(params)}</span>
              </th>
              <td>{api}</td>
              <td class="mono">{listed(match) || <span class="muted">everything</span>}</td>
              <td class="number">{Math.round(probability * 100)} %</td>
              <td class="number">{count === 0 ? 'spent' : (count ?? 'no end')}</td>
              <td class="actions">
                <DeleteButton
                  title={`Delete rule ${kind}`}
                  onDelete={() => request('DELETE', `/faults/${id}`)}
                >
                  What it did stays recorded on the attempts.
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
          Everything works again. What the rules did stays recorded on the attempts.
        </DeleteButton>
      </div>
    </section>
  );
}

const listed = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
