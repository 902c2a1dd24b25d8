import { randomUUID } from 'node:crypto';
import type {
  Inbox,
  InboxConsumer,
  InboxHealth,
  InboxItem,
  InboxJob,
  InboxState,
  InboxTarget,
} from '@showpad-webhooks/core';
import {
  exhausted,
  type InboxOptions,
  isFinal,
  keptError,
  messageOf,
  readInboxOptions,
} from '@showpad-webhooks/core/inbox';
import { type Job, type JobType, UnrecoverableError } from 'bullmq';
import { type BullmqSource, createBackend, type Queue, type Worker } from './backend.ts';
import { findProblems } from './durability.ts';
import {
  doneOf,
  type JobData,
  jobIdOf,
  printable,
  progressOf,
  toEntry,
  toItem,
  toJobData,
  toReason,
} from './entry.ts';

export type BullmqInboxOptions = BullmqSource &
  InboxOptions & {
    /** Before the queue's name, `<prefix>-<name>`. Default `showpad`. */
    readonly prefix?: string;
  };

/** An inbox whose queue is a real BullMQ queue: for bull-board, metrics and the like. */
export interface BullmqInbox extends Inbox {
  readonly queue: Queue;
}

/** BullMQ's name for each state. Entries that wait are in one of several, and are listed one after another. */
const TYPES: Readonly<Record<InboxState, readonly JobType[]>> = {
  pending: ['waiting', 'delayed'],
  leased: ['active'],
  done: ['completed'],
  dead: ['failed'],
};
const BATCH = 500;
/** Of Postgres' integers, and of Node's timers. */
const LARGEST_INTEGER = 2 ** 31 - 1;
const MILLISECONDS = 1_000;

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
  const queue = backend.createQueue(queueName);
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
  queue.on('error', onError);

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

  /** Changes all that a target means at this moment. Resolves to how many could be changed. */
  async function change(
    target: InboxTarget,
    one: (job: Job<JobData>, state: InboxState) => Promise<boolean>,
  ): Promise<number> {
    const ids = 'id' in target ? [jobIdOf(target.id)] : await queue.getRanges([...TYPES[target.state]]);
    let count = 0;
    for (const id of ids) {
      const job: Job<JobData> | undefined = await queue.getJob(id);
      if (job && (await one(job, await stateOf(job)))) count++;
    }
    return count;
  }

  async function stateOf(job: Job): Promise<InboxState> {
    const state = await job.getState();
    const [found] = Object.entries(TYPES).find(([, types]) => types.includes(state as JobType)) ?? [
      'pending',
    ];
    return found as InboxState;
  }

  return {
    name,
    queue,

    async put(entry) {
      const nonce = randomUUID();
      const id = jobIdOf(entry.id);
      await queue.add(printable(entry.type).slice(0, 200) || 'invalid', toJobData(entry, nonce), {
        jobId: id,
        timestamp: entry.receivedAtMs,
        attempts: maxAttempts,
        backoff: { type: 'custom' },
        removeOnComplete: { age: Math.ceil(keepDoneMs / MILLISECONDS) },
        removeOnFail: { age: Math.ceil(keepDeadMs / MILLISECONDS) },
        stackTraceLimit: 0,
      });
      // `add` does not tell whether the id was there already, so the job itself is asked whose it is.
      const kept: Job<JobData> | undefined = await queue.getJob(id);
      if (!kept || kept.data.nonce === nonce) return 'stored';
      return { isConflict: kept.data.bodyDigest !== entry.bodyDigest };
    },

    async start(to) {
      if (worker) throw new Error(`the inbox "${name}" is started already: give each receiver its own.`);
      tell = (...trouble) => to.onTrouble(...trouble);
      await backend.prepare();
      await queue.waitUntilReady();
      for (const problem of await findProblems(queue.getBackend()))
        to.onTrouble('durability', new Error(problem));
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
      worker = backend.createWorker(queueName, processor, {
        concurrency,
        lockDuration: leaseMs,
        stalledInterval: leaseMs,
        // Its default of 1 would fail an event after two crashes. Attempts are counted as they start, so crashes count too.
        maxStalledCount: LARGEST_INTEGER,
        settings: { backoffStrategy: (attempt) => settings.backoffMs(attempt) },
      });
      worker.on('error', onError);
      worker.on('ready', () => {
        lastTrouble = '';
      });
      worker.on('lockRenewalFailed', (ids) => {
        for (const id of ids) controllers.get(id)?.abort();
      });
    },

    async stop({ timeoutMs }) {
      await worker?.pause(true);
      let timeout: NodeJS.Timeout | undefined;
      const isOver = new Promise((resolve) => {
        timeout = setTimeout(resolve, Math.min(timeoutMs, LARGEST_INTEGER));
      });
      await Promise.race([Promise.allSettled(running), isOver]);
      clearTimeout(timeout);
      for (const controller of controllers.values()) controller.abort();
      // What still runs is left to its lease: closing without force would wait for it.
      await worker?.close(controllers.size > 0);
      await queue.close();
    },

    async list({ state = 'dead', id, limit = 100, cursor = '0:0' } = {}) {
      if (id !== undefined) {
        const job: Job<JobData> | undefined = await queue.getJob(jobIdOf(id));
        return { items: job ? [toItem(job, await stateOf(job), leaseMs, true)] : [], next: undefined };
      }
      const types = TYPES[state];
      const items: InboxItem[] = [];
      let [place = 0, offset = 0] = cursor.split(':').map(Number);
      for (; place < types.length; place++, offset = 0) {
        const wanted = limit - items.length;
        const jobs: Job<JobData>[] = await queue.getJobs(types[place], offset, offset + wanted);
        items.push(...jobs.slice(0, wanted).map((job) => toItem(job, state, leaseMs, false)));
        if (jobs.length > wanted) return { items, next: `${place}:${offset + wanted}` };
      }
      return { items, next: undefined };
    },

    async counts() {
      const counts = await queue.getJobCounts(...Object.values(TYPES).flat());
      const sum = (state: InboxState) => TYPES[state].reduce((total, type) => total + (counts[type] ?? 0), 0);
      return { pending: sum('pending'), leased: sum('leased'), done: sum('done'), dead: sum('dead') };
    },

    retry: (target) =>
      change(target, async (job, state) => {
        if (state !== 'dead' && state !== 'done') return false;
        const { done, generation } = progressOf(job);
        await job.updateProgress({ done: state === 'done' ? '[]' : done, generation: generation + 1 });
        await job.retry(state === 'done' ? 'completed' : 'failed', {
          resetAttemptsMade: true,
          resetAttemptsStarted: true,
        });
        return true;
      }),

    discard: (target) =>
      change(target, async (job, state) => {
        if (state === 'leased') return false;
        await job.remove();
        return true;
      }),

    async purge() {
      let count = 0;
      for (const [type, keptMs] of [
        ['completed', keepDoneMs],
        ['failed', keepDeadMs],
      ] as const) {
        for (let removed = BATCH; removed === BATCH; count += removed) {
          removed = (await queue.clean(keptMs, BATCH, type)).length;
        }
      }
      return count;
    },

    async health(): Promise<InboxHealth> {
      try {
        const last = (await queue.getWaitingCount()) - 1;
        const [oldest] = last < 0 ? [] : await queue.getJobs(['waiting'], last, last);
        const lagMs = oldest ? Math.max(0, Date.now() - oldest.timestamp) : 0;
        return { isReachable: true, lagMs, problems: await findProblems(queue.getBackend()) };
      } catch (error) {
        return { isReachable: false, lagMs: 0, problems: [`the store can't be read: ${messageOf(error)}`] };
      }
    },
  };
}
