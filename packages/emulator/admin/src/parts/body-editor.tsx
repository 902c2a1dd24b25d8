import { Field } from '@showpad-webhooks/ui/parts/field.tsx';
import type { VNode } from 'preact';

interface BodyEditorProps {
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly error?: string | undefined;
  /** Shown while the text is valid JSON. */
  readonly hint: string;
}

/** Edits the exact text that is sent. It need not be JSON, so that you can see what the receiver does. */
export function BodyEditor({ value, onText, error, hint }: BodyEditorProps): VNode {
  return (
    <Field label="Body" error={error} hint={warningAbout(value) ?? hint}>
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

function warningAbout(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `This is not JSON (${(error as Error).message}). It is sent exactly like this.`;
  }
}
