import type { ComponentChildren, JSX, VNode } from 'preact';
import { useId } from 'preact/hooks';

type InputAttributes = Omit<JSX.IntrinsicElements['input'], 'id' | 'value' | 'onInput' | 'label'>;

interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  readonly children: (attributes: {
    id: string;
    'aria-describedby'?: string;
    'aria-invalid'?: true;
  }) => VNode;
}

/** A label and one control. Below it is an error, or else a hint. */
export function Field({ label, hint, error, children }: FieldProps): VNode {
  const id = useId();
  const note = error ?? hint;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        ...(note !== undefined && { 'aria-describedby': `${id}-note` }),
        ...(error !== undefined && { 'aria-invalid': true }),
      })}
      {note !== undefined && (
        <p id={`${id}-note`} class={error === undefined ? 'muted' : 'wrong'}>
          {note}
        </p>
      )}
    </div>
  );
}

interface TextFieldProps extends InputAttributes {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  readonly value: string;
  readonly onText: (text: string) => void;
}

export function TextField({ label, hint, error, value, onText, ...attributes }: TextFieldProps): VNode {
  return (
    <Field label={label} hint={hint} error={error}>
      {(described) => (
        <input
          type="text"
          autoComplete="off"
          {...attributes}
          {...described}
          value={value}
          onInput={(event) => onText(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface SelectFieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly value: string;
  readonly choices: readonly (readonly [value: string, text: string])[];
  readonly onText: (text: string) => void;
}

export function SelectField({ label, hint, value, choices, onText }: SelectFieldProps): VNode {
  return (
    <Field label={label} hint={hint}>
      {(described) => (
        <select {...described} value={value} onChange={(event) => onText(event.currentTarget.value)}>
          {choices.map(([each, text]) => (
            <option key={each} value={each}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
