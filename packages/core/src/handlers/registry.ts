import { randomUUID } from 'node:crypto';
import { checkKnown } from '../shared/check.ts';
import type { HandlerOptions, HandlerTarget, RegisteredHandler } from './handler.ts';
import { type HandlerName, identityInProcess, isMadeByBuild, nameHandler } from './handler-names.ts';

export interface HandlerRegistryOptions {
  /** True if an inbox or a ledger remembers by name which handlers are done, also after a restart. */
  readonly isRemembered: boolean;
  /** Hears of a handler whose name seems to be made by a build tool. */
  readonly onWarning: (handlerName: string, message: string) => void;
}

interface Registration extends RegisteredHandler {
  readonly ownName: HandlerName;
}

/** Knows which handlers take which events, in the order of registration. */
export class HandlerRegistry {
  readonly #options: HandlerRegistryOptions;
  #handlers: readonly Registration[] = [];
  readonly #byType = new Map<string, readonly RegisteredHandler[]>();
  #isSealed = false;

  constructor(options: HandlerRegistryOptions) {
    this.#options = options;
  }

  /**
   * Adds a handler for each target, or for none if there is an error.
   *
   * @throws Error if it comes too late, if another handler of an event has the same name, or if it needs a name and has none;
   * TypeError if it is not a function, or for an unknown option.
   */
  add(targets: readonly HandlerTarget[], run: unknown, options: HandlerOptions = {}): void {
    if (this.#isSealed) {
      throw new Error('Register all handlers before start() and before the first delivery.');
    }
    if (typeof run !== 'function') throw new TypeError(`A handler must be a function, not ${typeof run}.`);
    checkKnown(options, { name: true });
    const handler = run as RegisteredHandler['run'];
    this.#handlers = [
      ...this.#handlers,
      ...targets.map((target) => this.#register(target, handler, options)),
    ];
  }

  #register(target: HandlerTarget, run: RegisteredHandler['run'], options: HandlerOptions): Registration {
    const neighbours = this.#neighbours(target).map(({ ownName }) => ownName);
    const ownName = nameHandler(target, neighbours.length, { option: options.name, function: run.name });
    // A handler for every event and one for a type may have the same name, and both are remembered for one event.
    const name = target === 'any' ? `any:${ownName.name}` : ownName.name;
    const isTaken = this.#handlers.some(
      (other) => other.name === name && isForOneEvent(other.target, target),
    );
    if (isTaken) {
      throw new Error(
        `Two handlers for ${describe(target)} are named "${ownName.name}". Give one of them another name: ${registration(target, ownName.name)}.`,
      );
    }
    const isUnnamed =
      neighbours.length > 0 && [ownName, ...neighbours].some(({ source }) => source === 'place');
    if (isUnnamed && this.#options.isRemembered) {
      throw new Error(
        `One of several handlers for ${describe(target)} has no name. Names tell a retry which of them are done, even after a ` +
          `deploy. Give each of them a name: ${registration(target, ownName.name)}.`,
      );
    }
    return { target, name, identity: name, run, ownName };
  }

  #neighbours(target: HandlerTarget): readonly Registration[] {
    return this.#handlers.filter((other) => isSameTarget(other.target, target));
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
    if (this.#options.isRemembered) this.#distrustNames();
  }

  /**
   * Warns of each name that seems to be made by a build tool. Nobody can know whose it was in the last build, so what is
   * remembered gets a mark of this process, and no handler counts as done because of another one.
   */
  #distrustNames(): void {
    const mark = randomUUID().slice(0, 8);
    const warnedOf = new Set<RegisteredHandler['run']>();
    this.#handlers = this.#handlers.map((handler) => {
      const { target, ownName, run } = handler;
      const neighbours = this.#neighbours(target).map((each) => each.ownName);
      if (!isMadeByBuild(ownName, neighbours)) return handler;
      if (!warnedOf.has(run)) this.#options.onWarning(ownName.name, madeByBuild(handler));
      warnedOf.add(run);
      return { ...handler, identity: identityInProcess(handler.name, mark) };
    });
  }
}

function isSameTarget(one: HandlerTarget, other: HandlerTarget): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return one.type === other.type;
}

function isForOneEvent(one: HandlerTarget, other: HandlerTarget): boolean {
  return one === 'any' || other === 'any' || isSameTarget(one, other);
}

function describe(target: HandlerTarget): string {
  if (typeof target === 'object') return `"${target.type}"`;
  return target === 'any' ? 'every event' : 'unknown events';
}

/** The code that registers a handler with a name. Only Nest's decorator makes names with a dot. */
function registration(target: HandlerTarget, handlerName: string): string {
  const type = typeof target === 'object' ? target.type : '*';
  if (handlerName.includes('.')) return `@OnShowpadEvent('${type}', { name: '…' })`;
  if (typeof target === 'object') return `receiver.on('${type}', handler, { name: '…' })`;
  return `receiver.${target === 'any' ? 'onAny' : 'onUnknown'}(handler, { name: '…' })`;
}

function madeByBuild({ ownName: { name }, target }: Registration): string {
  return (
    `The handler "${name}" for ${describe(target)} seems to be named by a minifier or a bundler, and the next build may give ` +
    'this name to another handler. So only this process remembers that the handler is done: after a restart it may run ' +
    `again. Give it a name: ${registration(target, name)}.`
  );
}
