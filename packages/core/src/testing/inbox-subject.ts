import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { InboxOptions } from '../inbox/options.ts';
import type { Inbox, InboxCounts, InboxEntry, InboxFailure, InboxJob } from '../inbox/types.ts';
import { type ErrorCode, ShowpadWebhookError } from '../shared/error.ts';
import type { MaybePromise } from '../shared/promise.ts';
import type { ConformanceCase } from './conformance-case.ts';

const PATIENCE_MS = 20_000;

/** Opens an inbox. All that one case opens share their entries, as processes would. */
export type Open = (options?: InboxOptions) => Promise<Subject>;
/** Makes a case that gets inboxes of its own, and closes them. */
export type Check = (name: string, body: (open: Open) => Promise<void>) => ConformanceCase;

type Answer = (job: InboxJob) => Promise<InboxFailure | undefined>;

interface Subject {
  readonly inbox: Inbox;
  readonly start: () => MaybePromise<void>;
  /** The jobs that were handed over, in order. */
  readonly jobs: InboxJob[];
  /** The ids and codes of the entries that were reported as dead. */
  readonly dead: (readonly [string, string])[];
  /** Sets the result of the next jobs. Without it, all are done. */
  readonly answer: (answer: Answer) => void;
  /** Resolves when the entries have come to these states, and no others. */
  readonly settled: (counts: Partial<InboxCounts>, also?: () => MaybePromise<boolean>) => Promise<void>;
}

export function subjectOf(inbox: Inbox): Subject {
  const jobs: InboxJob[] = [];
  const dead: (readonly [string, string])[] = [];
  let answer: Answer = async () => undefined;
  const process = async (job: InboxJob) => {
    jobs.push(job);
    return answer(job);
  };
  const onDead = (job: InboxJob, { error }: InboxFailure) => dead.push([job.id, error.code]);
  const settled: Subject['settled'] = (counts, also = () => true) => {
    const none = { pending: 0, leased: 0, done: 0, dead: 0 };
    const wanted = JSON.stringify({ ...none, ...counts });
    return until(
      async () => (await also()) && JSON.stringify({ ...none, ...(await inbox.counts()) }) === wanted,
      async () => `${wanted}, and it is ${JSON.stringify(await inbox.counts())}`,
    );
  };
  return {
    inbox,
    jobs,
    dead,
    settled,
    start: () => inbox.start({ process, onDead, onError() {} }),
    answer: (next) => {
      answer = next;
    },
  };
}

export function first<T>(list: readonly T[]): T {
  assert.notEqual(list.length, 0, 'the list is empty');
  return list[0] as T;
}

/** Looks again and again, because a store cannot say when another process changed it. */
export async function until(
  isTrue: () => Promise<boolean>,
  wanted: () => Promise<string> = async () => 'it to become true',
): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await isTrue())) {
    if (Date.now() > deadline) assert.fail(`waited ${PATIENCE_MS} ms for ${await wanted()}`);
    await delay(2);
  }
}

export function blockEventLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

export function entryIn(entry: InboxEntry): unknown {
  const { id, type, bodyDigest, method, url, headers, timestampSeconds, keyLabel, receivedAtMs } = entry;
  const plain = { ...headers };
  return { id, type, bodyDigest, method, url, headers: plain, timestampSeconds, keyLabel, receivedAtMs };
}

export function failed(message = 'The handler failed: the CRM is down.', handlerName = 'crm'): InboxFailure {
  return failure('HANDLER_FAILED', message, false, handlerName);
}

export function permanent(): InboxFailure {
  return failure('PERMANENT_FAILURE', 'There is no such deal.', true);
}

function failure(code: ErrorCode, message: string, isFinal: boolean, handlerName?: string): InboxFailure {
  const error = new ShowpadWebhookError(code, message, { hint: 'This is a test.' });
  return { error, isFinal, kept: { code, message, handlerName } };
}
