import { formatDateTime } from '@showpad-webhooks/ui/state/format.ts';
import type { VNode } from 'preact';
import type { Attempt } from '../state/resources.ts';
import { MismatchExplainer } from './mismatch-explainer.tsx';

const SIGNATURE_HEADER = 'x-showpad-signature-v1';

interface SignatureDetailProps {
  readonly attemptId: string;
  readonly request: NonNullable<Attempt['request']>;
  readonly signature: NonNullable<Attempt['signature']>;
}

/** How the signature is made, step by step, with the values of this attempt. */
export function SignatureDetail({ attemptId, request, signature }: SignatureDetailProps): VNode {
  const { signedBytesPreview, timestamp, keyUsed } = signature;
  const sent = Object.entries(request.headers).find(([name]) => name.toLowerCase() === SIGNATURE_HEADER)?.[1];
  return (
    <section>
      <h4>How the signature is made</h4>
      <ol class="steps">
        <li>
          The signed bytes are the raw body, a full stop and the timestamp (
          {formatDateTime(Number(timestamp) * 1000)}
          ). If you indent the JSON, or parse it and write it again, the bytes are different.
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: A region that scrolls must be reachable by keyboard. */}
          <pre class="signed" tabIndex={0}>
            {signedBytesPreview}
          </pre>
        </li>
        <li>
          Make an HMAC-SHA256 of them with the webhook's <strong>{keyUsed}</strong> signature key.
        </li>
        <li>
          Written in base64, it is the header <code>{SIGNATURE_HEADER}</code>:
          <pre class="signed">{sent ?? 'not sent'}</pre>
        </li>
      </ol>
      <p class="muted">
        A receiver rejects a timestamp that is more than five minutes old, so a copy of this request works
        only that long.
      </p>
      <MismatchExplainer attemptId={attemptId} body={request.body} />
    </section>
  );
}
