import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { formatBytes, prettyJson } from '../state/format.ts';
import { visible } from '../state/visible.ts';
import { CopyButton } from './copy-button.tsx';
import { JsonText } from './json-text.tsx';

interface BodyProps {
  readonly text: string;
  readonly label: string;
  readonly bytes?: number;
  readonly isTruncated?: boolean;
}

/** Shows a body: indented for reading, or exactly as it was sent. */
export function Body({ text, label, bytes, isTruncated = false }: BodyProps): VNode {
  const [isPretty, setPretty] = useState(true);
  const pretty = prettyJson(text);
  if (text === '') return <p class="muted">{label}: none.</p>;
  return (
    <figure class="snippet">
      <figcaption>
        <span>
          {label}
          {bytes !== undefined && <span class="muted"> {formatBytes(bytes)}</span>}
          {isTruncated && <span class="muted"> (only the beginning was stored)</span>}
        </span>
        <span class="tools">
          {pretty !== text && (
            <button type="button" class="copy" aria-pressed={!isPretty} onClick={() => setPretty(!isPretty)}>
              As sent
            </button>
          )}
          <CopyButton text={text} />
        </span>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: A region that scrolls must be reachable by keyboard. */}
      <pre tabIndex={0}>
        <JsonText text={visible(isPretty ? pretty : text)} />
      </pre>
    </figure>
  );
}
