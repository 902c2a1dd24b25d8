import type { HandlerContext } from './context.ts';
import type { ShowpadEvent } from './event.ts';
import type { Receipt } from './receiver.ts';
import type { WebhookRequest } from './request.ts';

/** Goes around what a receiver does, for traces and metrics. It must not throw by itself: nothing guards it. */
export interface Telemetry {
  /**
   * Around a delivery. Calls `receive` once, with the request or one with headers added, and resolves to its receipt.
   *
   * @param receiver the receiver's name.
   */
  delivery(
    receiver: string,
    request: WebhookRequest,
    receive: (request: WebhookRequest) => Promise<Receipt>,
  ): Promise<Receipt>;
  /**
   * Around one run of a handler. Calls `run` once, and settles as it does.
   *
   * @param handler the handler's name.
   * @param isQueued whether it runs from an inbox: `context.headers` are then those that `delivery` passed on.
   */
  handler(
    handler: string,
    event: ShowpadEvent,
    context: HandlerContext,
    run: () => Promise<unknown>,
    isQueued: boolean,
  ): Promise<unknown>;
}
