import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useAction } from './action.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';

interface DeleteButtonProps {
  /** What goes: "Delete webhook CRM". */
  readonly title: string;
  readonly label?: string;
  /** What goes with it. */
  readonly children: ComponentChildren;
  readonly onDelete: () => Promise<unknown>;
}

/** Deletes, after asking. */
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
              Keep
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
