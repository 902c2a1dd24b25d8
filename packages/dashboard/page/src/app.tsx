import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import type { VNode } from 'preact';
import { Inbox } from './screens/inbox.tsx';
import { Overview } from './screens/overview.tsx';
import { useStore } from './state/store.ts';
import { TopBar } from './top-bar.tsx';

export function App(): VNode {
  const status = useStore('status');
  const failure = useStore('failure');
  return (
    <>
      <TopBar />
      <main>
        <Problem error={failure} />
        {status ? (
          <>
            <Overview status={status} />
            <Inbox status={status} />
          </>
        ) : (
          !failure && <p class="muted">Loading…</p>
        )}
      </main>
    </>
  );
}
