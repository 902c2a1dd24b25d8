import { useAction } from '@showpad-webhooks/ui/parts/action.ts';
import { Field } from '@showpad-webhooks/ui/parts/field.tsx';
import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { request } from '../state/api.ts';
import type { Finding } from '../state/resources.ts';

interface MismatchExplainerProps {
  readonly attemptId: string;
  readonly body: string;
}

/** For an app that rejects the signature: explains what is wrong with the body that the app verified. */
export function MismatchExplainer({ attemptId, body }: MismatchExplainerProps): VNode {
  const [text, setText] = useState(body);
  const [findings, setFindings] = useState<readonly Finding[]>();
  const { isRunning, error, run } = useAction();
  const explain = (event: Event) => {
    event.preventDefault();
    const path = `/attempts/${attemptId}/explain`;
    // The emulator has the exact bytes, so an unchanged body is not sent back as text.
    const input = text === body ? {} : { body: text };
    void run(async () => setFindings(await request<Finding[]>('POST', path, input)));
  };
  return (
    <details>
      <summary>My app rejects this signature</summary>
      <form onSubmit={explain}>
        <Field
          label="The body that your app verified"
          hint="It must be exact to the byte. Log it as JSON text where you verify it."
        >
          {(described) => (
            <textarea
              {...described}
              class="code"
              rows={6}
              spellcheck={false}
              value={text}
              onInput={(event) => {
                setText(event.currentTarget.value);
                setFindings(undefined);
              }}
            />
          )}
        </Field>
        <button type="submit" disabled={isRunning}>
          Explain
        </button>
        <Problem error={error} />
        {findings && <Verdict findings={findings} />}
      </form>
    </details>
  );
}

function Verdict({ findings }: { findings: readonly Finding[] }): VNode {
  const found = findings.filter(({ certainty }) => certainty !== 'ruled-out');
  return (
    <div role="status">
      {findings.length === 0 && (
        <p>
          <strong>The signature is right</strong> for this body and this webhook's key. So your app probably
          has another key, or verifies other bytes.
        </p>
      )}
      {found.map(({ cause, certainty, detail, fix }) => (
        <p key={cause}>
          <strong>{certainty === 'proven' ? detail : `Perhaps: ${detail}`}</strong> {fix}
        </p>
      ))}
      {findings.length > 0 && found.length === 0 && (
        <p>
          <strong>It is none of the usual mistakes.</strong> Either this is another body, or it was signed
          with a key that this emulator does not have.
        </p>
      )}
    </div>
  );
}
