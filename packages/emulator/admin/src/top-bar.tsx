import { formatDateTime } from '@showpad-webhooks/ui/state/format.ts';
import type { VNode } from 'preact';
import { useNow } from './state/now.ts';
import { useStore } from './state/store.ts';

const CONNECTION = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'No connection. Is the emulator still running?',
} as const;

export function TopBar(): VNode {
  const connection = useStore('connection');
  const clock = useStore('clock');
  const info = useStore('info');
  const now = useNow();
  return (
    <header class="top">
      <p class="product">
        <strong>Emulator, not Showpad</strong>
        {info && <span class="muted mono">{info.url}</span>}
      </p>
      <p class="status">
        {clock && (
          <a href="#/clock">
            {clock.mode === 'manual'
              ? 'Clock stopped at'
              : clock.offsetMs === 0
                ? 'Real clock'
                : 'Clock shifted to'}{' '}
            {clock.mode === 'manual' || clock.offsetMs !== 0 ? formatDateTime(now) : ''}
          </a>
        )}
        <span class={`connection ${connection}`} role="status">
          {CONNECTION[connection]}
        </span>
      </p>
    </header>
  );
}
