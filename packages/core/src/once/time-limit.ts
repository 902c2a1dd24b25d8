import { ShowpadWebhookError } from '../shared/error.ts';
import { setTimeLimit, setTimer } from '../shared/promise.ts';

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
  const endLimit = setTimeLimit(() => {
    const giveUp = () => onGiveUp(neverEnded(timeoutMs * GIVE_UP_FACTOR));
    timer = setTimer(giveUp, timeoutMs * (GIVE_UP_FACTOR - 1));
    timer.unref?.(); // Handlers that hang do not keep a process alive that would end otherwise.
    onTimeout(tooSlow(timeoutMs));
  }, timeoutMs);
  return () => {
    endLimit();
    clearTimeout(timer);
  };
}

function tooSlow(timeoutMs: number): ShowpadWebhookError {
  return new ShowpadWebhookError(
    'HANDLER_TIMEOUT',
    `The handlers were still running after ${timeoutMs} ms.`,
    {
      hint:
        'Their signal was aborted. They keep the event until they end, so nothing runs twice. Make them faster, or ' +
        'use an inbox.',
    },
  );
}

const HANGING_HINT =
  'Something in a handler never settles: pass context.signal to its requests. Restart this process before you retry the ' +
  'event, because the same process does not run it a second time.';

function neverEnded(afterMs: number): ShowpadWebhookError {
  const message = `The handlers had not ended after ${afterMs} ms, and were given up.`;
  return new ShowpadWebhookError('HANDLER_TIMEOUT', message, { hint: HANGING_HINT });
}

/** The error of an event that is retried while its handlers still hang. */
export function stillHanging(): ShowpadWebhookError {
  const message = 'The handlers of an earlier attempt are still running in this process.';
  return new ShowpadWebhookError('HANDLER_TIMEOUT', message, { hint: HANGING_HINT });
}
