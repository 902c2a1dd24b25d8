import { useHash } from '@showpad-webhooks/ui/state/use-hash.ts';

export const SCREENS = [
  'webhooks',
  'responses',
  'send',
  'faults',
  'clock',
  'tokens',
  'assumptions',
  'state',
] as const;
export type Screen = (typeof SCREENS)[number];

export interface Route {
  readonly screen: Screen;
  /** What is open on the screen: `#/responses/{attempt id}`. */
  readonly id: string | undefined;
  readonly query: URLSearchParams;
}

function readRoute(): Route {
  const [path = '', query] = location.hash.replace(/^#\/?/, '').split('?', 2);
  const [name, id] = path.split('/', 2).map(decodeURIComponent);
  const screen = SCREENS.find((known) => known === name) ?? 'webhooks';
  return { screen, id, query: new URLSearchParams(query) };
}

/** The href of a link. Blank query values are left out. */
export function hrefOf(screen: Screen, id?: string, query: Readonly<Record<string, string>> = {}): string {
  const path = id === undefined ? screen : `${screen}/${encodeURIComponent(id)}`;
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
  return `#/${path}${search && `?${search}`}`;
}

export function go(href: string): void {
  location.hash = href;
}

export const useRoute = (): Route => useHash(readRoute);
