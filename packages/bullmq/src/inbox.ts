import { randomUUID } from 'node:crypto';
import type { Inbox, InboxConsumer, InboxJob } from '@showpad-webhooks/core';
import {
  exhausted,
  type InboxOptions,
  isFinal,
  keptError,
  messageOf,
  readInboxOptions,
} from '@showpad-webhooks/core/inbox';
import { withDeadline } from '@showpad-webhooks/core/node';
import { type Job, UnrecoverableError } from 'bullmq';
import { type BullmqSource, createBackend, type Queue, type Worker } from './backend.ts';
import { findProblems } from './durability.ts';
import {
  doneOf,
  type JobData,
  jobIdOf,
  printable,
  progressOf,
  toEntry,
  toJobData,
  toReason,
} from './entry.ts';
import { createOperations } from './operations.ts';

export type BullmqInboxOptions = BullmqSource &
  InboxOptions & {
    /** Before the queue's name, `<prefix>-<name>`. Default `showpad`. */
    readonly prefix?: string;
  };

/** An inbox whose queue is a real BullMQ queue: for bull-board, metrics and the like. */
export interface BullmqInbox extends Inbox {
  readonly queue: Queue;
}

/** Of Postgres. */
const LARGEST_INTEGER = 2 ** 31 - 1;
const START_DEADLINE_MS = 10_000;

/**
 * A durable inbox on BullMQ, for the processes of many machines: on Redis, or on Postgres by BullMQ's own backend.
 * What "durable" means there is a setting of the server: `start()` looks, and says what would lose events.
 *
 * @throws TypeError for an option out of range, or where neither Redis nor Postgres is named.
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
export function createBullmqInbox({
  connection,
  postgres,
  prefix = 'showpad',
  ...options
}: BullmqInboxOptions): BullmqInbox {
  const settings = readInboxOptions(options);
  const { name, maxAttempts, concurrency, leaseMs, keepDoneMs, keepDeadMs } = settings;
  const backend = createBackend({ connection, postgres } as BullmqSource);
  const queueName = `${prefix}-${name}`;
  const controllers = new Map<string, AbortController>();
  const running = new Set<Promise<void>>();
  let worker: Worker | undefined;
  let lastTrouble = '';
  // Without a listener Node would end the process; until start() there is nobody to tell but who puts, and that fails.
  let tell: InboxConsumer['onTrouble'] = () => {};
  // While a server is down BullMQ tells at each try to reach it: told on once, until it is another trouble.
  const onError = (error: Error) => {
    if (error.message !== lastTrouble) tell('connection', error);
    lastTrouble = error.message;
  };
  let queue = createQueue();
  let isReady = false;

  function createQueue(): Queue {
    const made = backend.createQueue(queueName);
    made.on('error', onError);
    return made;
  }

  /** The queue, once it has been connected. On Postgres one that could not be never can: the next call makes another. */
  async function ready(): Promise<Queue> {
    if (isReady) return queue;
    const current = queue;
    try {
      await backend.prepare();
      await current.waitUntilReady();
      isReady = true;
    } catch (error) {
      if (queue === current) {
        queue = createQueue();
        void current.close().catch(() => {});
      }
      throw error;
    }
    return current;
  }

  async function handle(job: Job<JobData>, to: InboxConsumer, controller: AbortController): Promise<void> {
    const entry = toEntry(job.data);
    if (entry.error) throw new UnrecoverableError(toReason(entry.error));
    const done = [...doneOf(job)];
    const inboxJob: InboxJob = {
      ...entry,
      attempt: job.attemptsStarted,
      done: [...done],
      signal: controller.signal,
      async checkpoint(handler) {
        if (controller.signal.aborted) return false;
        done.push(handler);
        await job.updateProgress({ ...progressOf(job), done: JSON.stringify(done) });
        return true;
      },
    };
    const isExhausted = job.attemptsStarted > maxAttempts; // The process died in each, or it would have failed by now.
    const error = isExhausted ? exhausted(maxAttempts) : await to.process(inboxJob);
    if (!error) return;
    const reason = toReason(keptError(error));
    if (!isFinal(error) && job.attemptsStarted < maxAttempts) throw new Error(reason);
    to.onDead(inboxJob, error);
    throw new UnrecoverableError(reason);
  }

  const operations = createOperations(ready, settings);

  async function createWorker(to: InboxConsumer): Promise<Worker> {
    const processor = (job: Job<JobData>) => {
      const controller = new AbortController();
      const id = String(job.id);
      controllers.set(id, controller);
      const work = handle(job, to, controller).finally(() => {
        controllers.delete(id);
        running.delete(work);
      });
      running.add(work);
      return work;
    };
    const made = backend.createWorker(queueName, processor, {
      autorun: false, // On Postgres one that runs, and could not be connected, turns without end and blocks the process.
      concurrency,
      lockDuration: leaseMs,
      stalledInterval: leaseMs,
      // Its default of 1 would fail an event after two crashes. Attempts are counted as they start, so crashes count too.
      maxStalledCount: LARGEST_INTEGER,
      settings: { backoffStrategy: (attempt) => settings.backoffMs(attempt) },
    });
    made.on('error', onError);
    made.on('ready', () => {
      lastTrouble = '';
    });
    made.on('lockRenewalFailed', (ids) => {
      for (const id of ids) controllers.get(id)?.abort();
    });
    try {
      await reached(made.waitUntilReady());
      return made;
    } catch (error) {
      void made.close(true).catch(() => {});
      throw error;
    }
  }

  /** @throws Error where the server does not answer in time: at a start nobody would else learn of it. */
  async function reached<T>(connecting: Promise<T>): Promise<T> {
    try {
      return await withDeadline(connecting, START_DEADLINE_MS);
    } catch (cause) {
      throw new Error(`the server of the inbox "${name}" can't be reached: ${messageOf(cause)}`, { cause });
    }
  }

  return {
    ...operations,
    name,
    get queue() {
      return queue;
    },

    async put(entry) {
      const jobs = await ready();
      const nonce = randomUUID();
      const id = jobIdOf(entry.id);
      await jobs.add(printable(entry.type).slice(0, 200) || 'invalid', toJobData(entry, nonce), {
        jobId: id,
        timestamp: entry.receivedAtMs,
        attempts: maxAttempts,
        backoff: { type: 'custom' },
        removeOnComplete: { age: Math.ceil(keepDoneMs / 1_000) },
        removeOnFail: { age: Math.ceil(keepDeadMs / 1_000) },
        stackTraceLimit: 0,
      });
      // `add` does not tell whether the id was there already, so the job itself is asked whose it is.
      const kept: Job<JobData> | undefined = await jobs.getJob(id);
      if (!kept || kept.data.nonce === nonce) return 'stored';
      return { isConflict: kept.data.bodyDigest !== entry.bodyDigest };
    },

    async start(to) {
      if (worker) throw new Error(`the inbox "${name}" is started already: give each receiver its own.`);
      tell = (...trouble) => to.onTrouble(...trouble);
      const jobs = await reached(ready());
      for (const problem of await findProblems(jobs.getBackend()))
        to.onTrouble('durability', new Error(problem));
      worker = await createWorker(to);
      worker.run().catch(onError);
    },

    async stop({ timeoutMs }) {
      await worker?.pause(true);
      await Promise.resolve(withDeadline(Promise.allSettled(running), timeoutMs)).catch(() => {});
      for (const controller of controllers.values()) controller.abort();
      // What still runs is left to its lease; BullMQ would wait for it, and without end for a server that is away.
      const isForced = controllers.size > 0 || !(await operations.health()).isReachable;
      await worker?.close(isForced);
      await queue.getBackend().close(isForced);
    },
  };
}
