import type { HandlerOptions, HandlerTarget, RegisteredHandler } from './handler.ts';

/** Knows which handlers take which events, in the order of registration. */
export class HandlerRegistry {
  readonly #handlers: RegisteredHandler[] = [];
  readonly #byType = new Map<string, readonly RegisteredHandler[]>();
  #isSealed = false;

  /**
   * Adds a handler for each target, or for none if there is an error.
   *
   * @throws Error if it comes too late, or if another handler of a target has the same name; TypeError if it is not a function.
   */
  add(targets: readonly HandlerTarget[], run: unknown, options?: HandlerOptions): void {
    if (this.#isSealed) {
      throw new Error('Register all handlers before start() and before the first delivery.');
    }
    if (typeof run !== 'function') throw new TypeError(`A handler must be a function, not ${typeof run}.`);
    const handler = run as RegisteredHandler['run'];
    this.#handlers.push(
      ...targets.map((target) => ({ target, run: handler, name: this.#nameOf(target, run.name, options) })),
    );
  }

  #nameOf(target: HandlerTarget, functionName: string, { name }: HandlerOptions = {}): string {
    const others = this.#handlers.filter((other) => isSameTarget(other.target, target));
    const ownName = name || functionName || `#${others.length + 1}`;
    // A handler for every event and one for a type may have the same name, and both are remembered for one event.
    const fullName = target === 'any' ? `any:${ownName}` : ownName;
    if (others.every((other) => other.name !== fullName)) return fullName;
    throw new Error(
      `Two handlers for ${describe(target)} are named "${ownName}". Give one of them another name: on(type, handler, { name: '…' }).`,
    );
  }

  /** The handlers for events of a type: those registered for the type or else for unknown events, and those for any event. */
  find(type: string): readonly RegisteredHandler[] {
    const known = this.#byType.get(type);
    if (known) return known;
    const isKnown = this.#handlers.some(({ target }) => isSameTarget(target, { type }));
    const own: HandlerTarget = isKnown ? { type } : 'unknown';
    const found = this.#handlers.filter(({ target }) => target === 'any' || isSameTarget(target, own));
    // A sender can make up any number of unknown types, so only known ones are remembered.
    if (isKnown) this.#byType.set(type, found);
    return found;
  }

  get isEmpty(): boolean {
    return this.#handlers.length === 0;
  }

  /** From now on, adding a handler is an error: it would silently miss events. */
  seal(): void {
    this.#isSealed = true;
  }
}

function isSameTarget(one: HandlerTarget, other: HandlerTarget): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return one.type === other.type;
}

function describe(target: HandlerTarget): string {
  if (typeof target === 'object') return `"${target.type}"`;
  return target === 'any' ? 'every event' : 'unknown events';
}
