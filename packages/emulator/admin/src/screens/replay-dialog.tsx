import { useAction } from '@showpad-webhooks/ui/parts/action.ts';
import { Dialog } from '@showpad-webhooks/ui/parts/dialog.tsx';
import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import { prettyJson } from '@showpad-webhooks/ui/state/format.ts';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { BodyEditor } from '../parts/body-editor.tsx';
import { replay } from '../state/replay.ts';
import type { Attempt } from '../state/resources.ts';

export function ReplayDialog({ attempt, onClose }: { attempt: Attempt; onClose: () => void }): VNode {
  const [body, setBody] = useState(() => prettyJson(attempt.request?.body ?? ''));
  const { isRunning, error, run } = useAction();
  const send = async (event: Event) => {
    event.preventDefault();
    if (await run(() => replay(attempt, body))) onClose();
  };
  return (
    <Dialog title="Edit & replay" onClose={onClose} isWide>
      <form onSubmit={send}>
        {attempt.request?.isTruncated && <p class="wrong">Only the beginning of this body was stored.</p>}
        <BodyEditor
          hint="It is sent exactly like this to the same webhook, with a new signature."
          value={body}
          onText={setBody}
          error={error?.fields.get('body')}
        />
        <p class="muted">
          With the same <code>id</code>, your app treats it as a duplicate. Change the id to send a new event.
        </p>
        <Problem error={error} />
        <footer>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isRunning}>
            Replay
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
