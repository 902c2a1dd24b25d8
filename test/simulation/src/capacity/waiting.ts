// What follows from the number of places and from how long a handler takes, before anything else matters.

/** How many events per second so many places handle. This is Little's law: a place is taken for as long as a handler takes. */
export function handledPerSecond(places: number, handlerMs: number): number {
  return (places * 1_000) / handlerMs;
}

/** When the last of events that come at once is handled. */
export function burstMs(events: number, places: number, handlerMs: number): number {
  return Math.ceil(events / places) * handlerMs;
}

/**
 * How long an event waits for a place on average, if events come at random, and if handlers take `handlerMs` on average and their times
 * are exponentially distributed (Erlang C).
 *
 * @param share how much of what the places can handle arrives, below 1.
 */
export function averageWaitMs(share: number, places: number, handlerMs: number): number {
  const offered = share * places;
  // The recursion of Erlang B: the share of events that would find all places taken if nothing could wait.
  let blocked = 1;
  for (let place = 1; place <= places; place++) blocked = (offered * blocked) / (place + offered * blocked);
  const waiting = blocked / (1 - share * (1 - blocked));
  return (waiting * handlerMs) / (places - offered);
}
