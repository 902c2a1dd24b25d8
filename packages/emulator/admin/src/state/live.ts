import { get } from './api.ts';
import type { Attempt, Clock } from './resources.ts';
import { getState, update } from './store.ts';

/** Many deliveries per second must not slow the page down. */
const RENDER_EVERY_MS = 50;
const PAGE_SIZE = 200;
/** How many attempts the page keeps. The emulator has the older ones. */
const MAX_ATTEMPTS = 2000;

interface AttemptPage {
  readonly items: readonly Attempt[];
  readonly next: string | null;
}

/** Loads everything, and keeps it current as long as the page is open. */
export function connect(): void {
  const stream = new EventSource('./__emulator/stream');
  stream.addEventListener('open', () => void loadAll());
  stream.addEventListener('error', () => update({ connection: 'lost' })); // The browser connects again by itself.
  stream.addEventListener('attempt', (event: MessageEvent<string>) =>
    receive(JSON.parse(event.data) as Attempt),
  );
  stream.addEventListener('clock', (event: MessageEvent<string>) =>
    update({ clock: JSON.parse(event.data) as Clock }),
  );
  // These lists are short, so each is loaded again as a whole. A deletion then needs no code of its own.
  stream.addEventListener('subscription', refreshSubscriptions);
  stream.addEventListener('fault', refreshFaults);
  stream.addEventListener(
    'assumption',
    coalesce(() => reload('assumptions', '/assumptions')),
  );
  stream.addEventListener(
    'sample',
    coalesce(() => refreshCatalogue()),
  );
  stream.addEventListener(
    'token',
    coalesce(() => refreshTokens()),
  );
  stream.addEventListener('reset', () => void loadAll());
}

async function loadAll(): Promise<void> {
  try {
    await Promise.all([
      reload('info', '/info'),
      reload('clock', '/clock'),
      reload('catalogue', '/catalogue'),
      reload('suggestedKey', '/signature-key'),
      reload('subscriptions', '/subscriptions'),
      reload('faults', '/faults'),
      reload('faultKinds', '/faults/actions'),
      reload('tokens', '/tokens'),
      reload('assumptions', '/assumptions'),
      loadNewestAttempts(),
    ]);
    update({ connection: 'live' });
  } catch {
    update({ connection: 'lost' });
  }
}

type Loadable =
  | 'info'
  | 'clock'
  | 'catalogue'
  | 'suggestedKey'
  | 'subscriptions'
  | 'faults'
  | 'faultKinds'
  | 'tokens'
  | 'assumptions';

async function reload(key: Loadable, path: string): Promise<void> {
  update({ [key]: await get(path) });
}

export const refreshTokens = (): Promise<void> => reload('tokens', '/tokens');
export const refreshCatalogue = (): Promise<void> => reload('catalogue', '/catalogue');
const refreshSubscriptions = coalesce(() => reload('subscriptions', '/subscriptions'));
const refreshFaults = coalesce(() => reload('faults', '/faults'));

async function loadNewestAttempts(): Promise<void> {
  const before = getState().attempts;
  const { items, next } = await get<AttemptPage>(`/attempts?limit=${PAGE_SIZE}`);
  const arrivedMeanwhile = [...getState().attempts].filter(([id, attempt]) => before.get(id) !== attempt);
  update({ attempts: new Map([...byId(items), ...arrivedMeanwhile]), olderAttempts: next, isTrimmed: false });
}

export async function loadOlderAttempts(): Promise<void> {
  const { attempts, olderAttempts } = getState();
  if (olderAttempts === null) return;
  const { items, next } = await get<AttemptPage>(
    `/attempts?limit=${PAGE_SIZE}&cursor=${encodeURIComponent(olderAttempts)}`,
  );
  // Attempts that are already here may be newer than those that were just loaded, so they win.
  update({ attempts: new Map([...byId(items), ...attempts]), olderAttempts: next });
}

/** Oldest first, in the order in which they arrive. */
function byId(newestFirst: readonly Attempt[]): Map<string, Attempt> {
  return new Map(newestFirst.toReversed().map((attempt) => [attempt.id, attempt]));
}

const received = new Map<string, Attempt>();

function receive(attempt: Attempt): void {
  if (received.size === 0) setTimeout(applyReceived, RENDER_EVERY_MS);
  received.set(attempt.id, attempt);
}

function applyReceived(): void {
  const attempts = new Map([...getState().attempts, ...received]);
  const latest = [...received.values()].findLast(({ durationMs }) => durationMs !== null);
  received.clear();
  const isTrimmed = attempts.size > MAX_ATTEMPTS;
  for (const id of attempts.keys()) {
    if (attempts.size <= MAX_ATTEMPTS) break;
    attempts.delete(id);
  }
  update({
    attempts,
    ...(latest && { latest }),
    ...(isTrimmed && { isTrimmed, olderAttempts: null }), // Loading older ones now would leave a gap.
  });
  refreshSubscriptions(); // The numbers of requests and the last statuses have changed.
  if (getState().faults.length > 0) refreshFaults(); // So has how often each rule may still fire.
}

/** Calls `load` at most once per 250 ms. If it fails, the page loads everything when the stream is back. */
function coalesce(load: () => Promise<void>): () => void {
  let isPending = false;
  return () => {
    if (isPending) return;
    isPending = true;
    setTimeout(() => {
      isPending = false;
      load().catch(() => {});
    }, 250);
  };
}
