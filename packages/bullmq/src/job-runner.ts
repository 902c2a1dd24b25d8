import type { FailedAttempt, InboxConsumer, InboxEntry, InboxJob } from '@showpad-webhooks/core/inbox';
import { keptFailure } from '@showpad-webhooks/core/store';
import { type Job, UnrecoverableError } from 'bullmq';
import { toReason, unreadableError } from './item.ts';
import { type JobData, type Progress, updateProgress } from './job-data.ts';
import { isUnreadable, readJob, type Unreadable } from './read-job.ts';

/** Hands the jobs of a queue to the receiver. */
export interface JobRunner {
  /** Handles a job. Rejects if the attempt failed, as BullMQ expects it. */
  run(job: Job<JobData>): Promise<void>;
  /** Call this when the server has noted an attempt that failed with this error. */
  noteFailed(error: Error): void;
  /** Renews the locks of all jobs that run, with a timer that does not care about the wall clock. */
  keepLocks(extendLocks: ExtendLocks): void;
  /** Aborts the signals of all jobs. */
  abort(): void;
  /** Resolves when no job is running. */
  drain(): Promise<void>;
  /** Renews no more locks. */
  stop(): void;
}

/** Resolves to the ids of the jobs whose locks are lost. */
type ExtendLocks = (ids: string[], tokens: string[]) => Promise<readonly string[]>;

export interface JobRunnerOptions {
  readonly consumer: InboxConsumer;
  readonly maxAttempts: number;
  readonly leaseMs: number;
}

interface Run {
  readonly controller: AbortController;
  readonly result: Promise<void>;
  /** Proves to the server who holds the job. */
  token: string;
}

/** The error that tells BullMQ of a failed attempt that is not the last. */
class FailedJob extends Error {
  readonly retryAfterMs: number;

  constructor(reason: string, retryAfterMs = 0) {
    super(reason);
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * BullMQ keeps the latest stacks of a job, and writes one with the very command that ends an attempt. So what is known of the
 * attempt takes the place of the stack, which would only show this file. An error that belongs to no attempt gets an empty
 * stack.
 */
function withStack<Failed extends Error>(error: Failed, failed?: FailedAttempt): Failed {
  error.stack = failed ? JSON.stringify(keptFailure(failed)) : '';
  return error;
}

/** How long a handler wants to wait before the next attempt, in ms. */
export function retryAfterMsOf(error: unknown): number {
  return error instanceof FailedJob ? error.retryAfterMs : 0;
}

/** What is known of a job while it runs. */
interface RunProgress extends Progress {
  readonly done: string[];
}

export function createJobRunner({ consumer, maxAttempts, leaseMs }: JobRunnerOptions): JobRunner {
  const running = new Map<string, Run>();
  /** The functions that send the dead letters, by the error of the last attempt. */
  const letters = new WeakMap<Error, () => void>();
  let renewal: NodeJS.Timeout | undefined;

  function run(job: Job<JobData>): Promise<void> {
    const id = String(job.id);
    const token = String(job.token);
    // BullMQ hands a job over again if its lock ran out, for example while the event loop was blocked. The handlers may still
    // be running, so they do not start again: the result of the earlier run counts for this one too.
    const earlier = running.get(id);
    if (earlier) {
      earlier.token = token;
      return earlier.result;
    }
    const controller = new AbortController();
    const result = handle(job, controller.signal).finally(() => running.delete(id));
    running.set(id, { controller, result, token });
    return result;
  }

  async function handle(job: Job<JobData>, signal: AbortSignal): Promise<void> {
    const read = readJob(job);
    if (isUnreadable(read)) throw setAside(read);
    const { entry, body } = read;
    if (entry.error) throw withStack(new UnrecoverableError(toReason(entry.error)));
    if (!body) throw setAside({ unreadable: 'Its body was deleted when the event was done.' });
    const { generation } = read;
    const progress = { done: [...read.done], generation };
    const inboxJob = inboxJobOf(job, { ...entry, body }, progress, signal);
    const startedAtMs = Date.now();
    const failure = await consumer.process(inboxJob);
    if (!failure) return;
    const ended = { attempt: job.attemptsStarted, generation, startedAtMs, endedAtMs: Date.now() };
    const failed = { ...failure.kept, ...ended };
    const reason = toReason(failure.kept);
    if (!failure.isFinal && job.attemptsStarted < maxAttempts) {
      throw withStack(new FailedJob(reason, failure.retryAfterMs), failed);
    }
    const dead = withStack(new UnrecoverableError(reason), failed);
    // Another process may have taken the entry over, and then it is not dead.
    letters.set(dead, () => consumer.onDead(inboxJob, failure));
    throw dead;
  }

  /** What cannot be read is dead at once, because no further attempt helps. */
  function setAside(unreadable: Unreadable): UnrecoverableError {
    const error = unreadableError(unreadable);
    consumer.onError('read', new Error(error.message));
    return withStack(new UnrecoverableError(toReason(error)));
  }

  function inboxJobOf(
    job: Job<JobData>,
    entry: InboxEntry,
    progress: RunProgress,
    signal: AbortSignal,
  ): InboxJob {
    return {
      ...entry,
      attempt: job.attemptsStarted,
      isExhausted: job.attemptsStarted > maxAttempts,
      done: [...progress.done],
      signal,
      async checkpoint(handlerName) {
        if (signal.aborted) return false;
        progress.done.push(handlerName);
        await updateProgress(job, progress);
        return true;
      },
    };
  }

  async function renew(extendLocks: ExtendLocks): Promise<void> {
    if (running.size === 0) return;
    const tokens = [...running.values()].map(({ token }) => token);
    try {
      for (const id of await extendLocks([...running.keys()], tokens)) running.get(id)?.controller.abort();
    } catch (error) {
      consumer.onError('renew', error);
    }
  }

  return {
    run,
    noteFailed: (error) => letters.get(error)?.(),
    keepLocks(extendLocks) {
      renewal ??= setInterval(() => void renew(extendLocks), leaseMs / 3);
    },
    abort() {
      for (const { controller } of running.values()) controller.abort();
    },
    async drain() {
      while (running.size > 0) await Promise.allSettled([...running.values()].map(({ result }) => result));
    },
    stop() {
      clearInterval(renewal);
    },
  };
}
