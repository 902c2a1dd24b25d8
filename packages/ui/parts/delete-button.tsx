import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useAction } from './action.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';

interface DeleteButtonProps {
  /** What is deleted, for example "Delete webhook CRM". */
  readonly title: string;
  readonly label?: string;
  /** What happens then. */
  readonly children: ComponentChildren;
  readonly onDelete: () => Promise<unknown>;
}

/** Asks before it deletes. */
export function DeleteButton({ title, label = 'Delete', children, onDelete }: DeleteButtonProps): VNode {
  const [isOpen, setOpen] = useState(false);
  const { isRunning, error, run } = useAction();
  const close = () => setOpen(false);
  const confirm = async () => {
    if (await run(onDelete)) close();
  };
  return (
    <>
      <button type="button" class="danger" aria-label={title} onClick={() => setOpen(true)}>
        {label}
      </button>
      {isOpen && (
        <Dialog title={`${title}?`} onClose={close}>
          <p>{children}</p>
          <Problem error={error} />
          <footer>
            <button type="button" onClick={close}>
              Cancel
            </button>
            <button type="button" class="danger solid" disabled={isRunning} onClick={confirm}>
              {label}
            </button>
          </footer>
        </Dialog>
      )}
    </>
  );
}
