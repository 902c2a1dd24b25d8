import { type ShowpadWebhookError, stackOf } from '../shared/error.ts';
import { type Logger, logSafely, silentLogger } from '../shared/logger.ts';
import { isCloudflareWorkers } from '../shared/runtime.ts';

/**
 * Shows a process warning. All of core uses the global `process`, because an import of `node:process` reads everything that
 * is in it, and takes 4 ms.
 */
export function warn(message: string, code: string, detail?: string): void {
  // Workers have process warnings, but show none.
  if (isCloudflareWorkers()) console.warn(code, message, detail ?? '');
  else process.emitWarning?.(message, { type: 'ShowpadWebhooksWarning', code, detail });
}

export interface LoggedWarning {
  readonly receiverName: string;
  readonly logger: Logger;
  /** The fields of the log line next to the name of the receiver. */
  readonly fields: object;
  readonly message: string;
  /** The code of the process warning. */
  readonly code: string;
}

/** Logs a warning, or shows a process warning if there is no logger. */
export function logOrWarn({ receiverName, logger, fields, message, code }: LoggedWarning): void {
  if (logger === silentLogger) warn(message, code);
  else logSafely(() => logger.warn({ receiverName, ...fields }, message));
}

/** Shows an error that neither a listener nor a logger hears. In production its cause is left out: it may quote the payload. */
export function warnOfUnheardError({ code, message, hint, cause }: ShowpadWebhookError): void {
  const isShown = cause !== undefined && process.env.NODE_ENV !== 'production';
  const detail =
    'This is shown once per code. To hear of every delivery, pass a logger, or add onError and onRejected listeners.';
  warn(`${message} ${hint}`, code, isShown ? `The cause is: ${stackOf(cause)}\n${detail}` : detail);
}
