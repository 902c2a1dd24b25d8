import type { Backend, Queue } from './backend.ts';
import { withAnswer } from './with-answer.ts';

/** The BullMQ queue of an inbox, which may not be connected yet. */
export interface InboxQueue {
  readonly current: Queue;
  /** Resolves to the queue when it is connected. */
  ready(): Promise<Queue>;
  /** Asks the connected queue, and rejects after 2.5 s: a server that hangs would make the question hang too. */
  ask<T>(question: (queue: Queue) => Promise<T>): Promise<T>;
  /** @param isForced does not wait for the server. */
  close(isForced: boolean): Promise<void>;
}

export function createInboxQueue(
  backend: Backend,
  queueName: string,
  onError: (error: Error) => void,
): InboxQueue {
  let current = createQueue();
  let isReady = false;
  let isClosed = false;

  function createQueue(): Queue {
    const queue = backend.createQueue(queueName);
    queue.on('error', onError); // Without a listener, Node would end the process.
    return queue;
  }

  async function ready(): Promise<Queue> {
    if (isClosed) throw new Error('The inbox is closed.');
    if (isReady) return current;
    const queue = current;
    try {
      await queue.waitUntilReady();
      await backend.checkQueue(queue);
      isReady = true;
    } catch (error) {
      // A queue that could not connect may never do so. The next call tries with a new one.
      if (queue === current && !isClosed) {
        current = createQueue();
        queue.close().catch(() => {});
      }
      throw error;
    }
    return queue;
  }

  return {
    get current() {
      return current;
    },
    ready,
    ask: (question) => withAnswer(ready().then(question)),
    async close(isForced) {
      isClosed = true;
      await current.getBackend().close(isForced); // Queue.close() itself cannot be forced.
    },
  };
}
