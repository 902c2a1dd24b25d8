import type { VNode } from 'preact';
import { useAction } from '../parts/action.ts';
import { Problem } from '../parts/problem.tsx';
import { request } from '../state/api.ts';
import type { Assumption } from '../state/resources.ts';
import { update, useStore } from '../state/store.ts';

/** What Showpad does not document, what is assumed in its place, and the switch. */
export function AssumptionsScreen(): VNode {
  const assumptions = useStore('assumptions');
  return (
    <>
      <p class="muted">
        Showpad does not document these. The emulator assumes the first choice; try the others to see that
        your receiver copes with whichever is true.
      </p>
      <table class="assumptions">
        <thead>
          <tr>
            <th scope="col" class="statement">
              Assumed
            </th>
            <th scope="col">Why</th>
            <th scope="col" class="value">
              Value
            </th>
          </tr>
        </thead>
        <tbody>
          {assumptions.map((assumption) => (
            <Row key={assumption.id} assumption={assumption} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function Row({ assumption }: { assumption: Assumption }): VNode {
  const { id, statement, source, value, choices, default: preset } = assumption;
  const { error, run } = useAction();
  const set = (text: string) =>
    run(async () =>
      update({
        assumptions: await request<readonly Assumption[]>('PATCH', '/assumptions', {
          [id]: JSON.parse(text),
        }),
      }),
    );
  return (
    <tr>
      <th scope="row">
        {statement}
        <Problem error={error} />
      </th>
      <td class="muted">{source}</td>
      <td>
        {choices && choices.length > 1 ? (
          <select
            aria-label={statement}
            value={JSON.stringify(value)}
            onChange={(event) => set(event.currentTarget.value)}
          >
            {choices.map((choice) => (
              <option key={JSON.stringify(choice)} value={JSON.stringify(choice)}>
                {shown(choice)}
                {choice === preset ? ' (assumed)' : ''}
              </option>
            ))}
          </select>
        ) : (
          <span class="mono">{shown(value)}</span>
        )}
      </td>
    </tr>
  );
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
