const MOST_EVENTS = 1_000;
const LONGEST_KEY = 256;

/** Remembers something about each of the latest events. Ids are data of the sender, so one that is very long is not remembered. */
export class RecentEvents<Value> {
  readonly #values = new Map<string, Value>();

  get(receiverName: string, eventId: string): Value | undefined {
    return this.#values.get(`${receiverName}:${eventId}`);
  }

  /** It becomes the latest event. */
  set(receiverName: string, eventId: string, value: Value): void {
    const key = `${receiverName}:${eventId}`;
    if (key.length > LONGEST_KEY) return;
    // The map is in the order of use, and the least recently used one is deleted first.
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > MOST_EVENTS) this.#values.delete(this.#values.keys().next().value as string);
  }

  delete(receiverName: string, eventId: string): void {
    this.#values.delete(`${receiverName}:${eventId}`);
  }
}
