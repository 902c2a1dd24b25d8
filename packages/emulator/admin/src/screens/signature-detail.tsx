import type { VNode } from 'preact';
import { formatDateTime } from '../state/format.ts';
import type { Attempt } from '../state/resources.ts';
import { MismatchExplainer } from './mismatch-explainer.tsx';

const SIGNATURE_HEADER = 'x-showpad-signature-v1';

interface SignatureDetailProps {
  readonly attemptId: string;
  readonly request: NonNullable<Attempt['request']>;
  readonly signature: NonNullable<Attempt['signature']>;
}

/** How the signature came about, step by step, with this attempt's own values. */
export function SignatureDetail({ attemptId, request, signature }: SignatureDetailProps): VNode {
  const { signedBytesPreview, timestamp, keyUsed } = signature;
  const sent = Object.entries(request.headers).find(([name]) => name.toLowerCase() === SIGNATURE_HEADER)?.[1];
  return (
    <section>
      <h4>Signature, explained</h4>
      <ol class="steps">
        <li>
          The signed bytes are the raw body, a full stop and the timestamp (
          {formatDateTime(Number(timestamp) * 1000)}
          ). Indent the JSON, or parse and write it again, and they are others.
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
          <pre class="signed" tabIndex={0}>
            {signedBytesPreview}
          </pre>
        </li>
        <li>
          HMAC-SHA256 over them, with the webhook's <strong>{keyUsed}</strong> signature key.
        </li>
        <li>
          In base64, that is <code>{SIGNATURE_HEADER}</code>:<pre class="signed">{sent ?? 'not sent'}</pre>
        </li>
      </ol>
      <p class="muted">
        A receiver refuses a timestamp older than five minutes, so a copy of this request goes stale.
      </p>
      <MismatchExplainer attemptId={attemptId} body={request.body} />
    </section>
  );
}
