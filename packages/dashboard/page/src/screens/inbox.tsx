import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EntryView, StatusView } from '../../../src/api/views.ts';
import { useEntries } from '../state/entries.ts';
import { entries as countOf, formatCount } from '../state/numbers.ts';
import { hrefOf, isFiltered, refine, STATES, type State, unfiltered, useRoute } from '../state/route.ts';
import { type Change, ChangeDialog, type ChangeTarget } from './change-dialog.tsx';
import { EntryDialog } from './entry-dialog.tsx';
import { EntryTable } from './entry-table.tsx';
import { Filters } from './filters.tsx';

const TITLES: Readonly<Record<State, string>> = {
  dead: 'Dead',
  pending: 'Pending',
  leased: 'Running',
  done: 'Done',
};

interface Asked {
  readonly change: Change;
  readonly target: ChangeTarget;
}

/** The entries of a state, and what can be done with them. */
export function Inbox({ status }: { status: StatusView }): VNode {
  const route = useRoute();
  const entries = useEntries(route);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<Asked>();
  const { state } = route;
  const { items, isLoading } = entries;
  const canChange = !status.isReadOnly;
  const changeable = items.filter((item) => item.isReachable && item.state !== 'leased');
  const selected = changeable.filter(({ id }) => chosen.has(id));
  const count = status[state];
  const seenCount = useRef(count);
  const isStale = seenCount.current !== count;

  // Only a change of the count loads the list again.
  useEffect(() => {
    if (!isStale || isLoading) return;
    // What somebody reads, or is about to act on, must not move.
    if (isFiltered(route) || entries.isExtended || selected.length > 0 || asked || route.open) return;
    reload();
  }, [count, isLoading, asked, route.open]);

  // Another list has another count, and nothing is selected in it.
  useEffect(() => {
    seenCount.current = count;
    setChosen(new Set());
  }, [state]);

  function reload(): void {
    seenCount.current = count;
    setChosen(new Set());
    entries.reload();
  }

  const ask = (change: Change, target: ChangeTarget) => setAsked({ change, target });
  const askSelected = (change: Change) => ask(change, { entries: selected });
  const askAll = (change: Change) => ask(change, { route });
  const closeEntry = () => {
    location.hash = hrefOf({ ...route, open: '' });
  };
  const canChangeAll = (state === 'dead' || state === 'done') && items.length > 0 && canChange;

  return (
    <section aria-label="Entries" class="entries">
      <nav aria-label="States" class="states">
        <ul>
          {STATES.map((each) => (
            <li key={each}>
              <a
                href={hrefOf({ ...route, state: each, id: '', open: '' })}
                aria-current={each === state ? 'page' : undefined}
              >
                {TITLES[each]} <span class="count">{formatCount(status[each])}</span>
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <Filters route={route} items={items} />
      <div class="bar">
        <p role="status" class="muted">
          {summaryOf()}
        </p>
        <div class="tools">
          {isLoading && entries.looked > 0 && (
            <button type="button" class="quiet" onClick={entries.stop}>
              Stop
            </button>
          )}
          {isFiltered(route) && selected.length === 0 && (
            <button type="button" class="quiet" onClick={() => refine(unfiltered(route))}>
              Clear the filters
            </button>
          )}
          {isStale && !isLoading && (
            <button type="button" class="quiet" onClick={reload}>
              Show the latest
            </button>
          )}
          {selected.length > 0 ? (
            <>
              <button type="button" class="quiet" onClick={() => setChosen(new Set())}>
                Select none
              </button>
              {(state === 'dead' || state === 'done') && (
                <button type="button" class="primary" onClick={() => askSelected('retry')}>
                  Retry {formatCount(selected.length)}
                </button>
              )}
              <button type="button" class="danger" onClick={() => askSelected('discard')}>
                Discard {formatCount(selected.length)}
              </button>
            </>
          ) : (
            canChangeAll && (
              <>
                <button type="button" onClick={() => askAll('retry')}>
                  {isFiltered(route) ? 'Retry all that match' : `Retry all ${TITLES[state].toLowerCase()}`}
                </button>
                <button type="button" class="danger" onClick={() => askAll('discard')}>
                  {isFiltered(route) ? 'Discard all that match' : 'Discard all'}
                </button>
              </>
            )
          )}
        </div>
      </div>
      <Problem error={entries.error} />
      {items.length > 0 && (
        <EntryTable
          items={items}
          route={route}
          nowMs={status.nowMs}
          {...(canChange && state !== 'leased' && { chosen, changeable, onChoose: setChosen })}
        />
      )}
      {entries.hasMore && !isLoading && (
        <button type="button" class="more" onClick={entries.more}>
          {items.length === 0 ? 'Search on' : 'Show more'}
        </button>
      )}
      {route.open !== '' && !asked && (
        <EntryDialog
          id={route.open}
          nowMs={status.nowMs}
          onClose={closeEntry}
          {...(canChange && {
            onChange: (change: Change, entry: EntryView) => ask(change, { entries: [entry] }),
          })}
        />
      )}
      {asked && (
        <ChangeDialog
          {...asked}
          onClose={(isChanged) => {
            setAsked(undefined);
            if (!isChanged) return;
            if (route.open) closeEntry();
            reload();
          }}
        />
      )}
    </section>
  );

  function summaryOf(): string {
    if (selected.length > 0) return `${countOf(selected.length)} selected`;
    if (isLoading) {
      return entries.looked > 0 ? `Searching… ${countOf(entries.looked)} looked at` : 'Loading…';
    }
    if (entries.error) return '';
    if (route.id) return items.length > 0 ? 'Found by its id, in any state' : 'No entry has this id';
    const isComplete = !entries.hasMore;
    if (isFiltered(route)) {
      if (items.length === 0 && isComplete) return `No ${state} entry matches`;
      return isComplete
        ? `${countOf(items.length)} found`
        : `The latest ${formatCount(items.length)} found, in ${formatCount(entries.looked)} of ${countOf(count)}`;
    }
    if (items.length === 0) return EMPTY[state];
    return isComplete
      ? countOf(items.length)
      : `The latest ${formatCount(items.length)} of ${countOf(count)}`;
  }
}

const EMPTY: Readonly<Record<State, string>> = {
  dead: 'Nothing is dead: the app has given up no event.',
  pending: 'Nothing waits.',
  leased: 'No handler runs.',
  done: 'No event is done yet, or all were removed after keepDoneMs.',
};
