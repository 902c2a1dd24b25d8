import { Snippet } from '@showpad-webhooks/ui/parts/code.tsx';
import type { ComponentChildren, VNode } from 'preact';

interface EmptyStateProps {
  readonly title: string;
  readonly children?: ComponentChildren;
  /** The command that creates the first entry. */
  readonly command: string;
}

export function EmptyState({ title, children, command }: EmptyStateProps): VNode {
  return (
    <section class="empty">
      <h2>{title}</h2>
      {children}
      <Snippet text={command} label="Or in a terminal" />
    </section>
  );
}
