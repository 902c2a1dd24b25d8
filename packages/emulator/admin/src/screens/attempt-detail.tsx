import { Body } from '@showpad-webhooks/ui/parts/body.tsx';
import { CopyButton } from '@showpad-webhooks/ui/parts/copy-button.tsx';
import { formatDuration, formatTime } from '@showpad-webhooks/ui/state/format.ts';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { AttemptBadge, statusTone } from '../parts/badges.tsx';
import { HeaderTable } from '../parts/header-table.tsx';
import { curlCommand } from '../state/commands.ts';
import { meaningOf } from '../state/outcome.ts';
import type { Attempt } from '../state/resources.ts';
import { SignatureDetail } from './signature-detail.tsx';

/** One attempt: what was sent, what came back, and which faults changed it. */
export function AttemptDetail({ attempt, isLast }: { attempt: Attempt; isLast: boolean }): VNode {
  const [isOpenAtFirst] = useState(isLast); // A later attempt must not close the one that is being read.
  const { number, startedAt, durationMs, faults, request, response, error, signature } = attempt;
  return (
    <details class="attempt" open={isOpenAtFirst}>
      <summary>
        <h3>Attempt {number}</h3>
        <AttemptBadge attempt={attempt} />
        {startedAt !== null && <span class="muted mono">{formatTime(startedAt)}</span>}
        {durationMs !== null && <span class="muted mono">{formatDuration(durationMs)}</span>}
        {faults.map(({ id, action }) => (
          <span key={id} class="badge accent">
            fault: {action}
          </span>
        ))}
      </summary>
      {error && (
        <p class="problem">
          <strong>{error.code}</strong> {error.message}
        </p>
      )}
      {response && (
        <section>
          <h4>Response</h4>
          <p class={`verdict ${statusTone(response.status)}`}>
            <strong class="mono">{response.status}</strong> {meaningOf(response.status, response.body)}
          </p>
          <HeaderTable label="Response headers" headers={response.headers} />
          <Body label="Response body" text={response.body} isTruncated={response.isTruncated} />
        </section>
      )}
      {request && (
        <section>
          <h4>
            Request
            {!request.isTruncated && <CopyButton label="Copy as curl" text={() => curlCommand(request)} />}
          </h4>
          <p class="mono wrap">
            <strong>{request.method}</strong> {request.url}
          </p>
          <HeaderTable label="Request headers" headers={request.headers} />
          <Body
            label="Request body"
            text={request.body}
            bytes={request.bodyBytes}
            isTruncated={request.isTruncated}
          />
        </section>
      )}
      {request && signature && (
        <SignatureDetail attemptId={attempt.id} request={request} signature={signature} />
      )}
    </details>
  );
}
