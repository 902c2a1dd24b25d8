import { useAction } from '@showpad-webhooks/ui/parts/action.ts';
import { DeleteButton } from '@showpad-webhooks/ui/parts/delete-button.tsx';
import { Field } from '@showpad-webhooks/ui/parts/field.tsx';
import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import { ApiError } from '@showpad-webhooks/ui/state/api.ts';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { request } from '../state/api.ts';

/** Exports webhooks, tokens, samples, faults and assumptions to a file, imports such a file, and resets the emulator. */
export function StateScreen(): VNode {
  return (
    <>
      <Export />
      <Import />
      <section class="panel">
        <h2>Reset</h2>
        <p class="muted">
          Goes back to the start: no webhooks, deliveries, faults, tokens or samples of your own.
        </p>
        <div class="tools">
          <DeleteButton title="Reset the emulator" label="Reset" onDelete={() => request('POST', '/reset')}>
            This deletes all webhooks with their keys, and all deliveries, faults, tokens and samples of your
            own.
          </DeleteButton>
        </div>
      </section>
    </>
  );
}

function Export(): VNode {
  const [includeKeys, setIncludeKeys] = useState(false);
  return (
    <section class="panel">
      <h2>Export</h2>
      <p class="muted">
        The file contains webhooks, your own samples, faults and assumptions, but no deliveries.
      </p>
      <label class="check">
        <input
          type="checkbox"
          checked={includeKeys}
          onChange={(event) => setIncludeKeys(event.currentTarget.checked)}
        />
        Include signature keys and tokens (keep such a file secret)
      </label>
      <div class="tools">
        <a
          class="button"
          href={`./__emulator/state?includeKeys=${includeKeys}`}
          download="emulator-state.json"
        >
          Download
        </a>
      </div>
    </section>
  );
}

function Import(): VNode {
  const { isRunning, error, run } = useAction();
  const [imported, setImported] = useState<string>();
  const read = async (file: File) => {
    setImported(undefined);
    const isDone = await run(async () => request('PUT', '/state', parse(await file.text(), file.name)));
    if (isDone) setImported(file.name);
  };
  return (
    <section class="panel">
      <h2>Import</h2>
      <p class="muted">
        This replaces everything, and deletes all deliveries. If a webhook in the file has no key, it keeps
        the key that it has now, or gets a new one.
      </p>
      <Field label="File">
        {(described) => (
          <input
            {...described}
            type="file"
            accept="application/json,.json"
            disabled={isRunning}
            onChange={({ currentTarget }) => {
              const [file] = currentTarget.files ?? [];
              currentTarget.value = ''; // Now the same file can be chosen again after it was fixed.
              if (file) void read(file);
            }}
          />
        )}
      </Field>
      <Problem error={error} />
      {imported && <p role="status">Imported {imported}.</p>}
    </section>
  );
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError('Not imported', `${name} is not JSON: ${(error as Error).message}.`);
  }
}
