import type { RetryOutcome } from '@showpad-webhooks/core/operations';
import { useAction } from '@showpad-webhooks/ui/parts/action.ts';
import { Dialog } from '@showpad-webhooks/ui/parts/dialog.tsx';
import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import { visible } from '@showpad-webhooks/ui/state/visible.ts';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EntryView } from '../../../src/api/views.ts';
import { changeAll, followAll, type Target } from '../state/bulk.ts';
import { pages } from '../state/entries.ts';
import { entries, formatCount } from '../state/numbers.ts';
import type { Route } from '../state/route.ts';

export type Change = 'retry' | 'discard';

/** Some entries, or all that a route shows. */
export type ChangeTarget = { readonly entries: readonly EntryView[] } | { readonly route: Route };

const WORDS = {
  retry: {
    title: 'Retry',
    done: 'retried',
    warning: 'The app handles them again. For dead entries, only the handlers that have not succeeded run.',
  },
  discard: {
    title: 'Discard',
    done: 'discarded',
    warning: 'A discarded entry is gone, and Showpad does not send it again.',
  },
} as const;

const OUTCOMES: readonly (readonly [outcome: RetryOutcome, text: string])[] = [
  ['done', 'done'],
  ['failed', 'failed again, and will be tried again'],
  ['dead', 'dead again'],
  ['gone', 'deleted'],
  ['waiting', 'not handled yet'],
];
/** How many entries to ask for at once if all are wanted. */
const WANTED = 1_000;
const MAX_REFUSALS = 10;

type Step = 'finding' | 'asking' | 'changing' | 'following' | 'finished';

interface ChangeDialogProps {
  readonly change: Change;
  readonly target: ChangeTarget;
  readonly onClose: (isChanged: boolean) => void;
}

/** Asks, retries or discards one after the other, and says what became of the entries. */
export function ChangeDialog({ change, target, onClose }: ChangeDialogProps): VNode {
  const words = WORDS[change];
  const [step, setStep] = useState<Step>('finding');
  const [targets, setTargets] = useState<readonly Target[]>([]);
  const [found, setFound] = useState(0);
  const [changed, setChanged] = useState(0);
  const [refusals, setRefusals] = useState<readonly (readonly [id: string, refusal: string])[]>([]);
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, RetryOutcome>>(new Map());
  const { error, run } = useAction();
  const [controller] = useState(() => new AbortController());
  const result = useRef<HTMLParagraphElement>(null);
  const handled = changed + refusals.length;

  // A dialog has one target for as long as it is open.
  useEffect(() => {
    void run(find);
    return () => controller.abort();
  }, []);

  // What a screen reader reads next is the result.
  useEffect(() => {
    if (step === 'finished') result.current?.focus();
  }, [step]);

  async function find(): Promise<void> {
    const all = new Map<string, Target>();
    const take = (items: readonly EntryView[]) => {
      for (const { id, state, isReachable } of items) if (isReachable) all.set(id, { id, state });
    };
    if ('entries' in target) take(target.entries);
    else {
      for await (const page of pages(target.route, null, controller.signal, WANTED)) {
        take(page.items);
        setFound(all.size);
      }
    }
    setTargets([...all.values()]);
    setStep('asking');
  }

  async function start(): Promise<void> {
    setStep('changing');
    const retried: string[] = [];
    const { signal } = controller;
    const isFine = await run(() =>
      changeAll(change, targets, {
        signal,
        onChanged(all) {
          const each = Object.entries(all);
          const refused = each.flatMap(([id, refusal]) => (refusal === null ? [] : [[id, refusal] as const]));
          retried.push(...each.flatMap(([id, refusal]) => (refusal === null ? [id] : [])));
          setChanged(retried.length);
          setRefusals((before) => [...before, ...refused]);
        },
      }),
    );
    if (isFine && change === 'retry' && !signal.aborted && retried.length > 0) {
      setStep('following');
      await run(() => followAll(retried, signal, (known) => setOutcomes(new Map(known))));
    }
    setStep('finished');
  }

  const counts = OUTCOMES.map(([outcome, text]) => {
    const known = [...outcomes.values()].filter((each) => each === outcome).length;
    return { outcome, text, count: outcome === 'waiting' ? known + changed - outcomes.size : known };
  }).filter(({ count }) => count > 0);
  const waiting = counts.find(({ outcome }) => outcome === 'waiting')?.count ?? 0;
  const close = () => onClose(handled > 0);

  return (
    <Dialog title={titleOf()} onClose={close} isSticky={step === 'changing'}>
      {step === 'finding' && !error && <p role="status">Looking for the entries… {entries(found)} so far.</p>}
      {step === 'asking' && (
        <p>{targets.length === 0 ? 'There is nothing to change any more.' : words.warning}</p>
      )}
      {handled > 0 && (
        <>
          <progress
            max={targets.length}
            value={handled}
            aria-label={`${formatCount(handled)} of ${entries(targets.length)}`}
          />
          <p ref={result} tabIndex={-1} role="status">
            {formatCount(changed)} of {entries(targets.length)} {words.done}
            {step === 'following' && '. Waiting for the app…'}
          </p>
        </>
      )}
      {change === 'retry' && (step === 'following' || step === 'finished') && counts.length > 0 && (
        <ul class="outcomes">
          {counts.map(({ text, count }) => (
            <li key={text}>
              <strong>{formatCount(count)}</strong> {text}
            </li>
          ))}
        </ul>
      )}
      {step === 'finished' && change === 'retry' && changed > 0 && waiting === changed && (
        <p class="muted">The app has handled none of them yet. Check that it runs and uses this store.</p>
      )}
      {refusals.length > 0 && (
        <div class="result wait">
          <strong>
            {entries(refusals.length)} not {words.done}
          </strong>
          <ul>
            {refusals.slice(0, MAX_REFUSALS).map(([id, refusal]) => (
              <li key={id}>
                <span class="mono">{visible(id)}</span>: {refusal}
              </li>
            ))}
            {refusals.length > MAX_REFUSALS && (
              <li>and {formatCount(refusals.length - MAX_REFUSALS)} more</li>
            )}
          </ul>
        </div>
      )}
      <Problem error={error} />
      <footer>
        {step === 'changing' ? (
          <button type="button" onClick={() => controller.abort()}>
            Stop
          </button>
        ) : (
          <button type="button" onClick={close}>
            {step === 'finding' || (step === 'asking' && targets.length > 0) ? 'Cancel' : 'Close'}
          </button>
        )}
        {step === 'asking' && targets.length > 0 && (
          <button type="button" class={change === 'retry' ? 'primary' : 'danger solid'} onClick={start}>
            {words.title} {entries(targets.length)}
          </button>
        )}
      </footer>
    </Dialog>
  );

  function titleOf(): string {
    if (step === 'asking' && targets.length > 0) return `${words.title} ${entries(targets.length)}?`;
    if (step === 'finding' || step === 'asking') return `${words.title} entries?`;
    return step === 'finished' ? `${words.title}: finished` : `${words.title}…`;
  }
}
