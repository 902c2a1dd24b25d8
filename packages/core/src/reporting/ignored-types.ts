import type { Logger } from '../shared/logger.ts';
import { clip, quote } from '../shared/text.ts';
import { logOrWarn } from './warn.ts';

export interface IgnoredTypesOptions {
  readonly receiverName: string;
  readonly logger: Logger;
  /** Whether the receiver has no handler for any event. */
  readonly hasNoHandler: () => boolean;
  /** True if a receiver without handlers ignores nothing, because it stores events for another process. */
  readonly hasInbox: boolean;
}

/** A subscription has far fewer types. The limit bounds the memory and the log. */
const MAX_TYPES = 100;
const CODE = 'EVENT_IGNORED';

/** Tells of events that nothing handles, once per type, so that no event is discarded in silence. */
export class IgnoredTypes {
  readonly #options: IgnoredTypesOptions;
  readonly #shown = new Set<string>();
  #isEmptyShown = false;

  constructor(options: IgnoredTypesOptions) {
    this.#options = options;
  }

  /** Call this when an event of a type without a handler has arrived. */
  note(type: string): void {
    if (this.#shown.has(type) || this.#shown.size >= MAX_TYPES) return;
    this.#shown.add(type);
    const message = `No handler takes events of the type ${quote(type)}, so they are ignored. Register one, or remove the type from the subscription.`;
    if (this.#options.hasNoHandler()) this.noteEmpty();
    else this.#warn(message, { type: clip(type, 128) });
  }

  /** Call this when the receiver starts, or has got its first event. */
  noteEmpty(): void {
    const { hasNoHandler, hasInbox } = this.#options;
    if (this.#isEmptyShown || hasInbox || !hasNoHandler()) return;
    this.#isEmptyShown = true;
    this.#warn(
      'The receiver has no handlers, so every event is ignored. Register one with receiver.on().',
      {},
    );
  }

  #warn(message: string, fields: object): void {
    const { receiverName, logger } = this.#options;
    logOrWarn({ receiverName, logger, fields, message, code: CODE });
  }
}
