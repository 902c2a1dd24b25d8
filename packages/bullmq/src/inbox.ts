import type { Inbox } from '@showpad-webhooks/core';
import { INBOX_DEFAULTS, type InboxConsumer, type InboxOptions } from '@showpad-webhooks/core/inbox';
import { checkKnown, messageOf } from '@showpad-webhooks/core/shared';
import { createPurger, readInboxOptions } from '@showpad-webhooks/core/store';
import type { Job } from 'bullmq';
import type { BullmqSource, Queue, Worker } from './backend.ts';
import { createClockGuard } from './clock-guard.ts';
import { checkHealth, createWritability } from './health.ts';
import { createInboxQueue } from './inbox-queue.ts';
import type { JobData } from './job-data.ts';
import { createJobRunner, type JobRunner, retryAfterMsOf } from './job-runner.ts';
import { createOperations } from './operations.ts';
import { putJob } from './put-job.ts';
import { createBackend } from './redis-backend.ts';
import { withAnswer } from './with-answer.ts';

export type BullmqInboxOptions = BullmqSource &
  InboxOptions & {
    /** The name of the queue is `<prefix>-<name>`. Default `showpad`. */
    readonly prefix?: string;
    /**
     * Uses only a queue that is there, and neither creates nor upgrades a queue. Use it in tools that look at the
     * inbox of an app. Calls reject if there is no such queue. Default false.
     */
    readonly mustExist?: boolean;
  };

/** An inbox whose queue is a real BullMQ queue. */
export interface BullmqInbox extends Inbox {
  /** The queue, for bull-board, metrics and other tools of BullMQ. */
  readonly queue: Queue;
}

/** More attempts, or crashes, than a job will ever have. */
const MANY = 2 ** 31 - 1;
const START_DEADLINE_MS = 10_000;
const CLOSE_TIMEOUT_MS = 10_000;
const CLOSE_RESERVE_MS = 1_000;
const RETRY_DELAY_MS = 1_000;
const CLOCK_INTERVAL_MS = 60_000;

/**
 * A durable inbox on BullMQ and Redis, for the processes of many machines. How durable it is depends on settings of the server: `start()` checks them and reports those that could lose events.
 *
 * @throws TypeError for an option that is unknown or out of range, or without a connection.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { createBullmqInbox } from '@showpad-webhooks/bullmq';
 *
 * export async function receiveOn(redisHost: string) {
 *   const inbox = createBullmqInbox({ connection: { host: redisHost } });
 *   const receiver = createReceiver({ keys: 'a-signature-key', inbox });
 *   receiver.onError((error) => console.error(error.message, error.cause));
 *   receiver.on('shared-space-user-added', async (event) => console.log(event.data.invitee.email));
 *   await receiver.start();
 *   return receiver;
 * }
 * ```
 */
export function createBullmqInbox(options: BullmqInboxOptions): BullmqInbox {
  const { connection, waitReplicas, prefix = 'showpad', mustExist = false, ...common } = options;
  checkKnown(options, { connection, waitReplicas, prefix, mustExist, ...INBOX_DEFAULTS });
  const settings = readInboxOptions(common);
  const { name, maxAttempts, concurrency, leaseMs } = settings;
  const backend = createBackend({ connection, waitReplicas }, { ...settings, mustExist });
  const queueName = `${prefix}-${name}`;
  const queue = createInboxQueue(backend, queueName, (error) => report('queue', error));
  const operations = createOperations(queue, backend, settings);
  const writability = createWritability(backend);
  const guard = createClockGuard(queue, backend);
  const purger = createPurger(operations.purge, async () => {
    await backend.clock.refresh();
    return backend.clock.nowMs();
  });
  let consumer: InboxConsumer | undefined;
  let runner: JobRunner | undefined;
  let worker: Worker | undefined;
  let clockTimer: NodeJS.Timeout | undefined;
  let lastMessage = '';
  let closing: Promise<void> | undefined;

  /** While a server is away, BullMQ emits the same error at each attempt to reach it. It is reported once. */
  function report(operation: string, error: Error): void {
    if (error.message !== lastMessage) consumer?.onError(operation, error);
    lastMessage = error.message;
  }

  async function prepare(): Promise<readonly string[]> {
    const ready = await queue.ready();
    await backend.clock.refresh();
    return backend.findProblems(ready);
  }

  async function createWorker(jobRunner: JobRunner): Promise<Worker> {
    const created = backend.createWorker(queueName, (job: Job<JobData>) => jobRunner.run(job), {
      autorun: false, // It runs when it is connected.
      // BullMQ decides by the wall clock whether a lock is to be renewed. If it is set back, no lock would be renewed.
      skipLockRenewal: true,
      concurrency,
      lockDuration: leaseMs,
      stalledInterval: leaseMs,
      // The default of 1 would fail an event after two crashes. Attempts are counted as they start, so crashes count too.
      maxStalledCount: MANY,
      runRetryDelay: RETRY_DELAY_MS,
      settings: {
        backoffStrategy: (attempt, _type, error) =>
          Math.max(settings.backoff(attempt), retryAfterMsOf(error)),
      },
    });
    created.on('error', (error) => report('worker', error));
    created.on('failed', (_job, error) => jobRunner.noteFailed(error));
    created.on('ready', () => {
      lastMessage = '';
    });
    try {
      await reached(created.waitUntilReady());
      if (closing) throw new Error(`The inbox "${name}" is closed.`);
      return created;
    } catch (error) {
      created.close(true).catch(() => {});
      throw error;
    }
  }

  /** @throws Error if the server does not answer in time. At a start nobody else would notice. */
  async function reached<T>(answer: Promise<T>): Promise<T> {
    try {
      return await withAnswer(answer, START_DEADLINE_MS);
    } catch (cause) {
      throw new Error(`The server of the inbox "${name}" cannot be reached: ${messageOf(cause)}`, { cause });
    }
  }

  async function begin(to: InboxConsumer): Promise<void> {
    const problems = await reached(prepare());
    for (const problem of problems) to.onError('check durability', new Error(problem));
    const started = createJobRunner({ consumer: to, maxAttempts, leaseMs });
    runner = started;
    const created = await createWorker(started);
    worker = created;
    started.keepLocks((ids, tokens) => created.extendJobLocks(ids, tokens, leaseMs));
    created.run().catch((error) => report('worker', error));
    purger.start((error) => reportUnlessClosing('purge', error));
    const checkClock = () => void guard.check().catch((error) => reportUnlessClosing('check clock', error));
    checkClock();
    clockTimer = setInterval(checkClock, CLOCK_INTERVAL_MS).unref();
  }

  function reportUnlessClosing(operation: string, error: unknown): void {
    if (!closing) report(operation, error as Error);
  }

  async function closeWithin(timeoutMs: number): Promise<void> {
    const endsAtMs = performance.now() + timeoutMs;
    const isInTime = (promise: Promise<unknown>, reserveMs: number) =>
      withAnswer(promise, Math.max(0, endsAtMs - reserveMs - performance.now())).then(
        () => true,
        () => false,
      );
    clearInterval(clockTimer);
    purger.stop();
    await worker?.pause(true); // It takes no more jobs.
    const reserveMs = Math.min(CLOSE_RESERVE_MS, timeoutMs / 4);
    const isDrained = await isInTime(runner?.drain() ?? Promise.resolve(), reserveMs);
    runner?.abort(); // What still runs is left to its lease.
    // BullMQ would wait for handlers, and without end for a server that is away.
    const isForced = !isDrained || !(await isInTime(operations.counts(), reserveMs / 2));
    await isInTime(Promise.all([worker?.close(isForced), queue.close(isForced)]), 0);
    runner?.abort(); // A job that BullMQ was just fetching may have begun.
    runner?.stop();
  }

  return {
    ...operations,
    name,
    get queue() {
      return queue.current;
    },

    async put(entry) {
      try {
        const result = await putJob(await queue.ready(), backend, entry, maxAttempts);
        writability.note(undefined);
        return result;
      } catch (error) {
        writability.note(error);
        throw error;
      }
    },

    health: () => checkHealth(queue, backend, writability, guard),

    async start(to) {
      if (consumer) {
        throw new Error(`The inbox "${name}" is started already. Give each receiver an inbox of its own.`);
      }
      consumer = to;
      try {
        await begin(to);
      } catch (error) {
        consumer = undefined; // After this, start() can be called again.
        throw error;
      }
    },

    close({ timeoutMs = CLOSE_TIMEOUT_MS } = {}) {
      closing ??= closeWithin(timeoutMs);
      return closing;
    },
  };
}
