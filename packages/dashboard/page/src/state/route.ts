import { useHash } from '@showpad-webhooks/ui/state/use-hash.ts';

export const STATES = ['dead', 'pending', 'leased', 'done'] as const;
export type State = (typeof STATES)[number];

/** What is shown. It is in the hash of the URL, so that it survives a reload and can be sent to a colleague. */
export interface Route {
  readonly state: State;
  readonly type: string;
  readonly handler: string;
  readonly error: string;
  /** How far back, in ms. Blank: any time. */
  readonly within: string;
  /** The event that was searched for. */
  readonly id: string;
  /** The event that is open. */
  readonly open: string;
}

const TEXTS = ['type', 'handler', 'error', 'within', 'id', 'open'] as const;

function readRoute(): Route {
  const query = new URLSearchParams(location.hash.replace(/^#/, ''));
  const texts = Object.fromEntries(TEXTS.map((name) => [name, query.get(name) ?? '']));
  const state = STATES.find((known) => known === query.get('state')) ?? 'dead';
  return { ...(texts as Omit<Route, 'state'>), state };
}

export function hrefOf(route: Partial<Route>): string {
  return `#${new URLSearchParams(Object.entries(route).filter(([, value]) => value !== ''))}`;
}

/** Changes the route without a step in the history for every letter that is typed. */
export function refine(route: Route): void {
  history.replaceState(null, '', hrefOf(route));
  dispatchEvent(new HashChangeEvent('hashchange'));
}

export const useRoute = (): Route => useHash(readRoute);

export function unfiltered(route: Route): Route {
  return { ...route, type: '', handler: '', error: '', within: '', id: '' };
}

/** Whether only some entries of the state are shown. */
export function isFiltered({ type, handler, error, within, id }: Route): boolean {
  return [type, handler, error, within, id].some((text) => text !== '');
}
