import { useAction } from '@showpad-webhooks/ui/parts/action.ts';
import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import type { VNode } from 'preact';
import { request } from '../state/api.ts';
import { refreshCatalogue } from '../state/live.ts';
import type { CatalogueEntry } from '../state/resources.ts';

interface KeepSampleProps {
  readonly edited: string | undefined;
  readonly entry: CatalogueEntry | undefined;
  readonly onKept: (type: string) => void;
}

/** Keeps an edited body as your own sample of its type, also of a type that the list did not have. Or removes it. */
export function KeepSample({ edited, entry, onKept }: KeepSampleProps): VNode | null {
  const { isRunning, error, run } = useAction();
  const type = typeOf(edited);
  const keep = () =>
    run(async () => {
      await request('POST', '/samples', JSON.parse(edited ?? ''));
      await refreshCatalogue();
      onKept(type ?? '');
    });
  const remove = ({ type: kept }: CatalogueEntry) =>
    run(async () => {
      await request('DELETE', `/samples/${encodeURIComponent(kept)}`);
      await refreshCatalogue();
    });
  if (type === undefined && !entry?.isKept) return null;
  return (
    <div class="keep">
      {type !== undefined && (
        <button type="button" disabled={isRunning} onClick={keep}>
          Keep as your sample of {type}
        </button>
      )}
      {edited === undefined && entry?.isKept && (
        <button type="button" class="danger" disabled={isRunning} onClick={() => remove(entry)}>
          Remove your sample
        </button>
      )}
      <Problem error={error} />
    </div>
  );
}

/** The type in a body. Undefined if it is not an event. */
function typeOf(body: string | undefined): string | undefined {
  try {
    const { type } = Object(JSON.parse(body ?? ''));
    return typeof type === 'string' && type !== '' ? type : undefined;
  } catch {
    return undefined;
  }
}
