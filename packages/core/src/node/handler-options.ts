import { createReceiver } from '../create-receiver.ts';
import type { EventMap } from '../events/event.ts';
import type { ShowpadEventMap } from '../events/event-map.ts';
import type { SchemasOf } from '../events/schema.ts';
import type { ReceiverOptions } from '../options.ts';
import type { AnyReceiver, Receiver } from '../receiver.ts';

/** The options of a receiver that the handler makes, or a receiver of your own. */
export type HandlerSource<Events extends EventMap, Schemas> =
  | (ReceiverOptions<Events, Schemas> & { readonly receiver?: undefined })
  | { readonly receiver: Receiver<Events> };

/** Where to receive, and the options of the receiver or a receiver of your own. */
export type ShowpadWebhooksOptions<
  Events extends EventMap = ShowpadEventMap,
  Schemas = SchemasOf<Events>,
> = HandlerSource<Events, Schemas> & {
  /** The one path to answer, as in the URL that you gave to Showpad. Every other request passes by. */
  readonly path: string;
};

/** The options of a receiver, or a receiver of your own, for a route whose path a router has matched. */
export type RouteSource<Events extends EventMap, Schemas> =
  | ReceiverOptions<Events, Schemas>
  | Receiver<Events>;

/**
 * Takes the receiver of the options, or makes one from them: for adapters of frameworks.
 *
 * @throws TypeError for options of a receiver next to a receiver.
 */
export function toReceiver<Events extends EventMap, Schemas>(
  source: HandlerSource<Events, Schemas> | RouteSource<Events, Schemas>,
): AnyReceiver {
  if ('receive' in source) return source;
  const { receiver, ...options } = source as { readonly receiver?: AnyReceiver };
  if (!receiver) return createReceiver(options as ReceiverOptions<never, object>);
  const [option] = Object.keys(options);
  if (option === undefined) return receiver;
  throw new TypeError(
    `"receiver" and "${option}" do not go together. Pass the option "${option}" to createReceiver(), or leave "receiver" out.`,
  );
}
