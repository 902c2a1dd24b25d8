import { AsyncLocalStorage } from 'node:async_hooks';
import type { Calls, Reply } from '../bridge/messages.ts';
import { makeThrown } from '../bridge/thrown.ts';

/** Calls the test over HTTP, which every runtime can, also in the middle of a request. */
export class Wire {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async call<Name extends keyof Calls>(
    name: Name,
    input: Calls[Name]['input'],
  ): Promise<Calls[Name]['output']> {
    const answer = await this.post(name, input);
    if (answer.status === 410) return new Promise(() => {}); // The test has closed the app, so nothing goes on in it.
    const reply = (await answer.json()) as Reply<Calls[Name]['output']>;
    if ('thrown' in reply) throw makeThrown(reply.thrown);
    return reply.value;
  }

  post(name: string, input: unknown): Promise<Response> {
    return fetch(`${this.#url}/${name}`, { method: 'POST', body: JSON.stringify(input) });
  }
}

/** What is sent to the test for one delivery, in order. */
export class Outgoing {
  readonly wire: Wire;
  /** True if a probe of the test watches the delivery, and may move the time. */
  readonly isWatched: boolean;
  #last: Promise<unknown> = Promise.resolve();

  constructor(wire: Wire, isWatched: boolean) {
    this.wire = wire;
    this.isWatched = isWatched;
  }

  /** Sends when everything before it was taken. */
  send(send: (wire: Wire) => Promise<unknown>): void {
    this.#last = this.#last.then(() => send(this.wire));
  }

  /** Resolves when the test has taken everything. */
  get isSent(): Promise<unknown> {
    return this.#last;
  }
}

/** Leads from whatever runs for a delivery to what is sent for it. */
export const delivery: AsyncLocalStorage<Outgoing> = new AsyncLocalStorage();
