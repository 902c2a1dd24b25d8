import type { VNode } from 'preact';
import { CopyButton } from './copy-button.tsx';

/** Shows a command or a snippet that can be copied. */
export function Snippet({ text, label }: { text: string; label: string }): VNode {
  return (
    <figure class="snippet">
      <figcaption>
        {label}
        <CopyButton text={text} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: A region that scrolls must be reachable by keyboard. */}
      <pre tabIndex={0}>{text}</pre>
    </figure>
  );
}
