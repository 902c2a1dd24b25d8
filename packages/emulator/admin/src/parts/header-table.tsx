import type { VNode } from 'preact';
import { flatHeaders } from '../state/commands.ts';
import type { HeaderMap } from '../state/resources.ts';

export function HeaderTable({ headers, label }: { headers: HeaderMap; label: string }): VNode {
  return (
    <table class="headers" aria-label={label}>
      <tbody>
        {flatHeaders(headers).map(({ name, value }, index) => (
          <tr key={`${index} ${name}`}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
