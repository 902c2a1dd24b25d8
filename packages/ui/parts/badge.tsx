import type { VNode } from 'preact';

export type Tone = 'good' | 'wait' | 'bad' | 'plain';

export function Badge({ tone, children }: { tone: Tone; children: string }): VNode {
  return <span class={`badge ${tone}`}>{children}</span>;
}
