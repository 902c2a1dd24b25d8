import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { AssumptionsScreen } from './screens/assumptions.tsx';
import { ClockScreen } from './screens/clock.tsx';
import { FaultsScreen } from './screens/faults.tsx';
import { ResponsesScreen } from './screens/responses.tsx';
import { SendScreen } from './screens/send.tsx';
import { StateScreen } from './screens/state.tsx';
import { TokensScreen } from './screens/tokens.tsx';
import { WebhooksScreen } from './screens/webhooks.tsx';
import { hrefOf, type Route, SCREENS, type Screen, useRoute } from './state/router.ts';
import { useStore } from './state/store.ts';
import { TopBar } from './top-bar.tsx';

const TITLES: Readonly<Record<Screen, string>> = {
  webhooks: 'Webhooks',
  responses: 'Responses',
  send: 'Send event',
  faults: 'Faults',
  clock: 'Clock',
  tokens: 'Tokens',
  assumptions: 'Assumptions',
  state: 'State',
};

const VIEWS: Readonly<Record<Screen, (props: { route: Route }) => VNode>> = {
  webhooks: WebhooksScreen,
  responses: ResponsesScreen,
  send: SendScreen,
  faults: FaultsScreen,
  clock: ClockScreen,
  tokens: TokensScreen,
  assumptions: AssumptionsScreen,
  state: StateScreen,
};

export function App(): VNode {
  const route = useRoute();
  const isLoaded = useStore('info') !== undefined;
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirst = useRef(true);
  const title = TITLES[route.screen];
  const View = VIEWS[route.screen];

  // A screen reader reads the new screen from its heading.
  useEffect(() => {
    document.title = `${title} · Webhook emulator, not Showpad`;
    if (!isFirst.current) heading.current?.focus();
    isFirst.current = false;
  }, [title]);

  return (
    <>
      {/* This is a button because the target of a link would go into the hash, which belongs to the router. */}
      <button type="button" class="skip" onClick={() => heading.current?.focus()}>
        Skip to content
      </button>
      <TopBar />
      <div class="columns">
        <nav aria-label="Screens">
          <ul>
            {SCREENS.map((screen) => (
              <li key={screen}>
                <a href={hrefOf(screen)} aria-current={screen === route.screen ? 'page' : undefined}>
                  {TITLES[screen]}
                  <Count screen={screen} />
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <main>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {isLoaded ? <View route={route} /> : <p class="muted">Loading…</p>}
        </main>
      </div>
    </>
  );
}

/** The number of webhooks or faults, if there are any. */
function Count({ screen }: { screen: Screen }): VNode | null {
  const subscriptions = useStore('subscriptions');
  const faults = useStore('faults');
  const count = { webhooks: subscriptions.length, faults: faults.length }[screen as string] ?? 0;
  return count === 0 ? null : <span class="count">{count}</span>;
}
