import type { VNode } from 'preact';
import type { ApiError } from '../state/api.ts';

/** Shows an error where it happened, with the fields that are wrong. */
export function Problem({ error }: { error: ApiError | undefined }): VNode | null {
  if (!error) return null;
  const fields = [...error.fields];
  return (
    <div class="problem" role="alert">
      <strong>{error.title}</strong>
      {error.message && <p>{error.message}</p>}
      {fields.length > 0 && (
        <ul>
          {fields.map(([name, reason]) => (
            <li key={name}>
              <code>{name}</code>: {reason}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
