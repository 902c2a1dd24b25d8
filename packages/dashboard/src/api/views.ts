import { isUtf8 } from 'node:buffer';
import type { InboxItem, InboxState } from '@showpad-webhooks/core/inbox';
import {
  type AttemptOutcome,
  attemptsOf,
  type InboxStatus,
  type RetryOutcome,
} from '@showpad-webhooks/core/operations';
import type { Sample } from '../sampler.ts';

/** What the page asks for again and again. */
export interface StatusView extends InboxStatus {
  /** The name of the inbox. */
  readonly inbox: string;
  readonly user: string;
  readonly isReadOnly: boolean;
  /** Unix time in ms, by the clock of the server. */
  readonly nowMs: number;
  /** The samples that the page does not have yet. */
  readonly samples: readonly Sample[];
}

/** An entry as the page shows it, without its payload and its headers. Long texts are cut. Times are unix time in ms. */
export interface EntryView {
  readonly id: string;
  /** False if the id is too long for a URL, so that the page cannot do anything with the entry. */
  readonly isReachable: boolean;
  readonly type: string;
  readonly state: InboxState;
  readonly attempt: number;
  readonly retries: number;
  readonly receivedAtMs: number;
  readonly dueAtMs: number | undefined;
  readonly leasedUntilMs: number | undefined;
  readonly settledAtMs: number | undefined;
  readonly doneHandlers: readonly string[];
  /** The handler that failed last. */
  readonly handler: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly keyLabel: string | undefined;
  readonly bodyBytes: number;
  readonly hasBody: boolean;
}

/** An entry and its attempts. */
export interface EntryDetailsView extends EntryView {
  readonly attempts: readonly AttemptView[];
}

/** What became of an attempt. All but its number and its outcome is known only if it failed. */
export interface AttemptView {
  readonly attempt: number;
  /** How often the entry had been retried by hand. */
  readonly retries: number;
  readonly outcome: AttemptOutcome['outcome'];
  readonly endedAtMs: number | undefined;
  readonly tookMs: number | undefined;
  readonly handler: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

export interface EntriesView {
  readonly items: readonly EntryView[];
  /** How many entries were looked at to find them. */
  readonly looked: number;
  /** Where to go on. Null: there are no more. */
  readonly next: string | null;
}

export interface PayloadView {
  /** Null if it is not text. */
  readonly text: string | null;
  readonly base64: string | null;
  readonly bytes: number;
  readonly isCut: boolean;
}

/** What became of the entries of a request, by their ids. A refusal is null if the entry was changed. */
export interface ChangeView {
  readonly refusals: Readonly<Record<string, string | null>>;
}

export interface OutcomesView {
  readonly outcomes: Readonly<Record<string, RetryOutcome>>;
}

const MAX_TEXT = 500;
const MAX_MESSAGE = 2_000;
const MAX_PAYLOAD_BYTES = 200_000;

export function entryView(item: InboxItem): EntryView {
  const { id, error, keyLabel } = item;
  return {
    id: cut(id, MAX_TEXT),
    isReachable: id.length <= MAX_TEXT && Buffer.from(id).toString() === id,
    type: cut(item.type, MAX_TEXT),
    state: item.state,
    attempt: item.attempt,
    retries: item.generation,
    receivedAtMs: item.receivedAtMs,
    dueAtMs: item.dueAtMs,
    leasedUntilMs: item.leasedUntilMs,
    settledAtMs: item.settledAtMs,
    doneHandlers: item.done.slice(0, 100).map((name) => cut(name, MAX_TEXT)),
    handler: error?.handlerName && cut(error.handlerName, MAX_TEXT),
    code: error?.code,
    message: error && cut(error.message, MAX_MESSAGE),
    keyLabel: keyLabel && cut(keyLabel, MAX_TEXT),
    bodyBytes: item.bodyBytes,
    hasBody: item.hasBody,
  };
}

export function entryDetailsView(item: InboxItem): EntryDetailsView {
  return { ...entryView(item), attempts: attemptsOf(item).map(attemptView) };
}

function attemptView({ attempt, generation, outcome, failure }: AttemptOutcome): AttemptView {
  return {
    attempt,
    retries: generation,
    outcome,
    endedAtMs: failure?.endedAtMs,
    tookMs: failure && failure.endedAtMs - failure.startedAtMs,
    handler: failure?.handlerName && cut(failure.handlerName, MAX_TEXT),
    code: failure?.code,
    message: failure && cut(failure.message, MAX_MESSAGE),
  };
}

export function payloadView(body: Uint8Array): PayloadView {
  const bytes = Buffer.from(body);
  const shown = bytes.subarray(0, MAX_PAYLOAD_BYTES);
  const isText = isUtf8(bytes);
  return {
    // A character that is cut in two at the end is left out.
    text: isText ? new TextDecoder().decode(shown, { stream: true }) : null,
    base64: isText ? null : shown.toString('base64'),
    bytes: bytes.length,
    isCut: shown.length < bytes.length,
  };
}

/** The page sends an id back as it is, and escapes what it shows. */
function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
