interface Item {
  readonly atMs: number;
  /** Decides between items of the same time. */
  readonly number: number;
  readonly run: () => void;
}

/** Simulated time. It jumps from one thing to the next, so hours pass at once. */
export interface Agenda {
  readonly now: () => number;
  /** What is due at the same time runs in the order in which it was added. */
  readonly at: (atMs: number, run: () => void) => void;
  /** Runs everything, including what is added meanwhile. */
  readonly run: () => void;
}

export function createAgenda(): Agenda {
  /** A binary heap: no item is due before the one at half its index. The place 0 stays empty. */
  const heap: Item[] = [undefined as never];
  let nowMs = Number.NEGATIVE_INFINITY;
  let added = 0;

  function swap(one: number, other: number): void {
    [heap[one], heap[other]] = [heap[other] as Item, heap[one] as Item];
  }

  function isBefore(one: number, other: number): boolean {
    const [a, b] = [heap[one] as Item, heap[other] as Item];
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number);
  }

  function takeFirst(): Item {
    const first = heap[1] as Item;
    const last = heap.pop() as Item;
    if (heap.length > 1) heap[1] = last;
    for (let index = 1; ; ) {
      const [left, right] = [2 * index, 2 * index + 1];
      const earlier = right < heap.length && isBefore(right, left) ? right : left;
      if (earlier >= heap.length || !isBefore(earlier, index)) return first;
      swap(index, earlier);
      index = earlier;
    }
  }

  return {
    now: () => nowMs,
    at(atMs, run) {
      if (atMs < nowMs)
        throw new RangeError(`It is ${nowMs} ms, so nothing can happen at ${atMs} ms any more.`);
      heap.push({ atMs, number: added++, run });
      for (let index = heap.length - 1; index > 1 && isBefore(index, index >> 1); index >>= 1) {
        swap(index, index >> 1);
      }
    },
    run() {
      while (heap.length > 1) {
        const { atMs, run } = takeFirst();
        nowMs = atMs;
        run();
      }
    },
  };
}
