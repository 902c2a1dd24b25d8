import type { VNode } from 'preact';
import { Field } from './field.tsx';

interface BodyEditorProps {
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly error?: string | undefined;
  /** Said while it is valid JSON. */
  readonly hint: string;
}

/** Edits the exact text that is sent; it may be no JSON, to see what the receiver does. */
export function BodyEditor({ value, onText, error, hint }: BodyEditorProps): VNode {
  return (
    <Field label="Body" error={error} hint={jsonTrouble(value) ?? hint}>
      {(described) => (
        <textarea
          {...described}
          class="code"
          rows={Math.min(24, Math.max(8, value.split('\n').length + 1))}
          spellcheck={false}
          value={value}
          onInput={(event) => onText(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function jsonTrouble(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `No JSON (${(error as Error).message}): sent as it stands all the same.`;
  }
}
