import type { VNode } from 'preact';
import { Snippet } from '../parts/code.tsx';
import { Dialog } from '../parts/dialog.tsx';
import type { CreatedSubscription } from '../state/resources.ts';
import { hrefOf } from '../state/router.ts';

/** Shows the signature key, which happens only once. */
export function SignatureKeyDialog({
  created,
  onClose,
}: {
  created: CreatedSubscription;
  onClose: () => void;
}): VNode {
  return (
    <Dialog title={`Signature key of ${created.name}`} onClose={onClose}>
      <p>
        <strong>Copy it now. It is shown only once.</strong> Neither Showpad nor this emulator can show it
        again. If you lose it, create a new webhook.
      </p>
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
