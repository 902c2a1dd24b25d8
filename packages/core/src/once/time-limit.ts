import { ShowpadWebhookError } from '../shared/error.ts';
import { setTimer } from '../shared/promise.ts';

/** A run that is still going after this many times its timeout is given up. */
const GIVE_UP_FACTOR = 6;

export interface TimeLimit {
  readonly timeoutMs: number;
  /** Called when the timeout is over and the handlers are still running. */
  onTimeout(error: ShowpadWebhookError): void;
  /** Called when the handlers do not end at all, and nobody waits for them any longer. */
  onGiveUp(error: ShowpadWebhookError): void;
}

/** Watches a run of handlers. Call what it returns when the run has ended. */
export function watchTime({ timeoutMs, onTimeout, onGiveUp }: TimeLimit): () => void {
  let timer: NodeJS.Timeout | undefined;
  // Handlers that end within this turn of the event loop cost no timer.
  const start = setImmediate(() => {
    timer = setTimer(() => {
      timer = setTimer(
        () => onGiveUp(neverEnded(timeoutMs * GIVE_UP_FACTOR)),
        timeoutMs * (GIVE_UP_FACTOR - 1),
      );
      onTimeout(tooSlow(timeoutMs));
    }, timeoutMs);
  });
  return () => {
    clearImmediate(start);
    clearTimeout(timer);
  };
}

function tooSlow(timeoutMs: number): ShowpadWebhookError {
  return new ShowpadWebhookError(
    'HANDLER_TIMEOUT',
    `The handlers were still running after ${timeoutMs} ms.`,
    {
      hint:
        'Their signal was aborted. They keep the event until they end, so nothing runs twice. Make them faster, raise the ' +
        'option "handlerTimeoutMs", or store the events in an inbox.',
    },
  );
}

function neverEnded(afterMs: number): ShowpadWebhookError {
  return new ShowpadWebhookError(
    'HANDLER_TIMEOUT',
    `The handlers had not ended after ${afterMs} ms, and were given up.`,
    {
      hint:
        'Something in a handler never settles, for example a request without a timeout: pass context.signal to it. While the ' +
        'handlers hang, this process does not run the event again. Restart it before you retry the event.',
    },
  );
}
