import { Snippet } from '@showpad-webhooks/ui/parts/code.tsx';
import { Dialog } from '@showpad-webhooks/ui/parts/dialog.tsx';
import type { VNode } from 'preact';
import type { CreatedSubscription } from '../state/resources.ts';
import { hrefOf } from '../state/router.ts';

interface SignatureKeyDialogProps {
  readonly created: CreatedSubscription;
  /** Whether the key was entered, so that the app has it already. */
  readonly isYourKey: boolean;
  readonly onClose: () => void;
}

/** Shows the signature key, which happens only once. So Escape does not close it. */
export function SignatureKeyDialog({ created, isYourKey, onClose }: SignatureKeyDialogProps): VNode {
  return (
    <Dialog title={`Signature key of ${created.name}`} onClose={onClose} isSticky>
      {isYourKey ? (
        <p>
          <strong>This is the key that you entered.</strong> If your app verifies with it, you can send an
          event now.
        </p>
      ) : (
        <p>
          <strong>Copy it now. It is shown only once.</strong> Neither Showpad nor this emulator can show it
          again. If you lose it, create a new webhook. Restart your app with the new key, or it answers 401.
        </p>
      )}
      <Snippet label="Signature key" text={created.signatureKey} />
      <Snippet label="Line for .env" text={`SHOWPAD_SIGNATURE_KEY=${created.signatureKey}`} />
      <footer>
        <a
          class="button"
          href={hrefOf('send', undefined, { type: created.types[0] ?? '', webhook: created.id })}
        >
          Send it an event
        </a>
        <button type="button" class="primary" onClick={onClose}>
          I have copied it
        </button>
      </footer>
    </Dialog>
  );
}
