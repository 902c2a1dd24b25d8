import { visible } from '@showpad-webhooks/ui/state/visible.ts';
import type { VNode } from 'preact';
import { useStore } from './state/store.ts';

const CONNECTION = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'No connection',
} as const;

export function TopBar(): VNode {
  const connection = useStore('connection');
  const status = useStore('status');
  return (
    <header class="top">
      <h1>
        Webhook inbox
        {status && status.inbox !== 'default' && <span class="mono"> {visible(status.inbox)}</span>}
      </h1>
      <p class="status">
        {status?.isReadOnly && <span class="badge">read-only</span>}
        {status && <span class="muted wrap">{visible(status.user)}</span>}
        <span class={`connection ${connection}`} role="status">
          {CONNECTION[connection]}
        </span>
      </p>
    </header>
  );
}
