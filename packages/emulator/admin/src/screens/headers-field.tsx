import { Field } from '@showpad-webhooks/ui/parts/field.tsx';
import type { VNode } from 'preact';
import type { Header } from '../state/resources.ts';

interface HeadersFieldProps {
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly error?: string | undefined;
}

/** Edits headers as people paste them: one per line. */
export function HeadersField({ value, onText, error }: HeadersFieldProps): VNode {
  return (
    <Field
      label="Headers"
      error={error}
      hint="Sent with every delivery. One per line, for example x-tenant: acme"
    >
      {(described) => (
        <textarea
          {...described}
          class="code"
          rows={2}
          spellcheck={false}
          value={value}
          onInput={(event) => onText(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export const writeHeaders = (headers: readonly Header[]): string =>
  headers.map(({ name, value }) => `${name}: ${value}`).join('\n');

/** A line without a colon becomes a name without a value, which the emulator refuses with a message. */
export function readHeaders(text: string): readonly Header[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', ...rest] = line.split(':');
      return { name: name.trim(), value: rest.join(':').trim() };
    });
}
