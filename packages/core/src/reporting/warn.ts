import process from 'node:process';
import { messageOf, type ShowpadWebhookError } from '../shared/error.ts';

const TYPE = 'ShowpadWebhooksWarning';

/** Shows a process warning, on runtimes that have them. */
export function warn(message: string, code: string, detail?: string): void {
  process.emitWarning?.(message, { type: TYPE, code, ...(detail !== undefined && { detail }) });
}

/** Shows an error that neither a listener nor a logger hears. In production its cause is left out: it may quote the payload. */
export function warnOfUnheardError({ code, message, hint, cause }: ShowpadWebhookError): void {
  const isShown = cause !== undefined && process.env.NODE_ENV !== 'production';
  const detail =
    'This is shown once per code. To hear of every delivery, pass a logger, or add onError and onRejected listeners.';
  warn(`${message} ${hint}`, code, isShown ? `The cause is: ${stackOf(cause)}\n${detail}` : detail);
}

function stackOf(cause: unknown): string {
  return (cause instanceof Error && cause.stack) || messageOf(cause);
}
