import type { ComponentChildren, VNode } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly isWide?: boolean;
  /** Whether only its own buttons close it, because what it shows cannot be shown again. */
  readonly isSticky?: boolean;
}

/** Is open as long as it is rendered. Escape closes it, unless it is sticky, and the browser keeps the focus inside. */
export function Dialog({ title, onClose, children, isWide = false, isSticky = false }: DialogProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();

  useLayoutEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);

  return (
    <dialog
      ref={dialog}
      class={isWide ? 'wide' : undefined}
      aria-labelledby={heading}
      onClose={onClose}
      onKeyDown={isSticky ? ignoreEscape : undefined}
      onCancel={isSticky ? (event) => event.preventDefault() : undefined}
    >
      <h2 id={heading}>{title}</h2>
      {children}
      {/* The close button is last, so that the focus starts in the content of the dialog. */}
      {!isSticky && (
        <button type="button" class="quiet close" onClick={onClose} aria-label="Close">
          ✕
        </button>
      )}
    </dialog>
  );
}

/** The browser asks a page only at the first Escape whether it may close a dialog, so the key itself is stopped. */
function ignoreEscape(event: KeyboardEvent): void {
  if (event.key === 'Escape') event.preventDefault();
}
