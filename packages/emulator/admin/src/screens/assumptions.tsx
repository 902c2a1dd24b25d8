import { useAction } from '@showpad-webhooks/ui/parts/action.ts';
import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import { formatDuration } from '@showpad-webhooks/ui/state/format.ts';
import type { VNode } from 'preact';
import { request } from '../state/api.ts';
import type { Assumption } from '../state/resources.ts';
import { update, useStore } from '../state/store.ts';

/** What Showpad does not document, what the emulator assumes, and a switch for it. */
export function AssumptionsScreen(): VNode {
  const assumptions = useStore('assumptions');
  return (
    <>
      <p class="muted">
        Showpad does not document the following. The emulator assumes the first choice. Try the other choices
        too, so that your receiver works whichever one is true.
      </p>
      <table class="assumptions">
        <thead>
          <tr>
            <th scope="col" class="statement">
              Assumption
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
      <td class="muted" data-label="Why">
        {source}
      </td>
      <td data-label="Value">
        {choices && choices.length > 1 ? (
          <select
            aria-label={statement}
            value={JSON.stringify(value)}
            onChange={(event) => set(event.currentTarget.value)}
          >
            {choices.map((choice) => (
              <option key={JSON.stringify(choice)} value={JSON.stringify(choice)}>
                {shown(choice, id)}
                {choice === preset ? ' (default)' : ''}
              </option>
            ))}
          </select>
        ) : (
          <span class="mono">{`${value}`}</span>
        )}
      </td>
    </tr>
  );
}

/** A value in words: a duration and a number with their units, and names without hyphens. */
function shown(value: unknown, id: string): string {
  if (value === '') return 'none';
  if (typeof value === 'number') return id.endsWith('Ms') ? formatDuration(value) : plural(value, id);
  // The name of a type, a field or a header is a name, and not words.
  return VERBATIM.has(id) ? `${value}` : `${value}`.replaceAll('-', ' ');
}

const VERBATIM = new Set(['contentAddedType', 'contentType', 'userAgent', 'endpointField']);

const plural = (count: number, id: string): string =>
  id.endsWith('Items') ? `${count} ${count === 1 ? 'item' : 'items'}` : `${count}`;
