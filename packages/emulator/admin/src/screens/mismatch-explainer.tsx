import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useAction } from '../parts/action.ts';
import { Field } from '../parts/field.tsx';
import { Problem } from '../parts/problem.tsx';
import { request } from '../state/api.ts';
import type { Finding } from '../state/resources.ts';

interface MismatchExplainerProps {
  readonly attemptId: string;
  readonly body: string;
}

/** For an app that refuses the signature: says why it does not hold over what the app had as the body. */
export function MismatchExplainer({ attemptId, body }: MismatchExplainerProps): VNode {
  const [text, setText] = useState(body);
  const [findings, setFindings] = useState<readonly Finding[]>();
  const { isRunning, error, run } = useAction();
  const explain = (event: Event) => {
    event.preventDefault();
    const path = `/attempts/${attemptId}/explain`;
    // As it was sent, the bytes need not pass through this page's text.
    const input = text === body ? {} : { body: text };
    void run(async () => setFindings(await request<Finding[]>('POST', path, input)));
  };
  return (
    <details>
      <summary>My app refuses this signature</summary>
      <form onSubmit={explain}>
        <Field label="What your app verified" hint="To the byte: log it as JSON text where you verify.">
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
          <strong>The signature holds</strong> over this body, with this webhook's key: does the app have
          another key, or other bytes?
        </p>
      )}
      {found.map(({ cause, certainty, detail, mend }) => (
        <p key={cause}>
          <strong>{certainty === 'proven' ? detail : `Perhaps: ${detail}`}</strong> {mend}
        </p>
      ))}
      {findings.length > 0 && found.length === 0 && (
        <p>
          <strong>None of the usual mistakes.</strong> This is another body, or it was signed with a key that
          this emulator does not have.
        </p>
      )}
    </div>
  );
}
