import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface CopyButtonProps {
  readonly text: string | (() => string);
  readonly label?: string;
}

/** Copies a text, and says so for a moment, also to a screen reader. */
export function CopyButton({ text, label = 'Copy' }: CopyButtonProps): VNode {
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (said === '') return;
    const timer = setTimeout(() => setSaid(''), 1500);
    return () => clearTimeout(timer);
  }, [said]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : text());
      setSaid('Copied');
    } catch {
      setSaid('The browser does not allow it'); // For example on plain http from another host.
    }
  };
  return (
    <button type="button" class="copy" onClick={copy}>
      <span class={said ? 'hidden-text' : undefined}>{label}</span>
      <span class="said" role="status">
        {said}
      </span>
    </button>
  );
}
