import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useAction } from '../parts/action.ts';
import { DeleteButton } from '../parts/delete-button.tsx';
import { Field } from '../parts/field.tsx';
import { Problem } from '../parts/problem.tsx';
import { ApiError, request } from '../state/api.ts';

/** Webhooks, tokens, faults and assumptions as a file: to keep, to pass on, to come back to. */
export function StateScreen(): VNode {
  return (
    <>
      <Export />
      <Import />
      <section class="panel">
        <h2>Reset</h2>
        <p class="muted">As at the start: no webhook, delivery, fault or token, and nothing in flight.</p>
        <DeleteButton title="Reset the emulator" label="Reset" onDelete={() => request('POST', '/reset')}>
          All webhooks and their keys, deliveries, faults and tokens are gone then.
        </DeleteButton>
      </section>
    </>
  );
}

function Export(): VNode {
  const [includeKeys, setIncludeKeys] = useState(false);
  return (
    <section class="panel">
      <h2>Export</h2>
      <p class="muted">Webhooks, faults and assumptions, without deliveries.</p>
      <label class="check">
        <input
          type="checkbox"
          checked={includeKeys}
          onChange={(event) => setIncludeKeys(event.currentTarget.checked)}
        />
        With signature keys and tokens: keep such a file to yourself
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
        Takes the place of all there is, deliveries too. A webhook without a key keeps that of its id, or gets
        a new one.
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
              currentTarget.value = ''; // So that the same file, mended, can be chosen again.
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
    throw new ApiError('Not imported', `${name} is no JSON: ${(error as Error).message}.`);
  }
}
