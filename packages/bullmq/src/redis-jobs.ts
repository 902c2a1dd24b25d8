import { messageOf } from '@showpad-webhooks/core/shared';
import {
  type FinishedPropValAttribute,
  type FinishedStatus,
  type JobJson,
  type KeepJobs,
  type MinimalJob,
  type RedisClient,
  RedisQueueBackend,
} from 'bullmq';
import { BLOCK_SECONDS } from './connections.ts';
import { type JobData, withoutBody } from './job-data.ts';
import { RENEW_LOCKS, runAlthoughFull, runScript } from './redis-scripts.ts';
import { fieldsOf, isJson, type Repair, repairedFields, repairOf } from './repair.ts';
import { retryRefused } from './retry-refused.ts';
import type { ServerClock } from './server-clock.ts';

export interface RedisJobsOptions {
  readonly clock: ServerClock;
  readonly leaseMs: number;
  readonly keepDoneBodies: boolean;
}

/** The commands that end an attempt. The first two also return the next job. */
const SETTLING = new Set(['moveToFinished', 'moveToDelayed', 'retryJob']);
const STALLED = 'moveStalledJobsToWait';
/** The commands that get the present time of this process. */
const TIMED = new Set([...SETTLING, 'moveToActive', STALLED]);

type Client = Parameters<RedisQueueBackend['execCommand']>[0];
type Reply = [fields: string[] | undefined, id: string, rateLimitMs: number, delayUntilMs: number];

/**
 * BullMQ's jobs in Redis, with five differences. All times are those of Redis. If Redis refuses to end an attempt, it is asked
 * again. Completed jobs give their bodies back. If the memory is full, the jobs that are there are handled. A job that cannot be
 * read stops nothing.
 */
export class RedisJobs extends RedisQueueBackend {
  readonly #options: RedisJobsOptions;

  constructor(options: RedisJobsOptions, ...args: ConstructorParameters<typeof RedisQueueBackend>) {
    super(...args);
    this.#options = options;
  }

  override get maximumBlockTimeout(): number {
    return BLOCK_SECONDS;
  }

  override execCommand(client: Client, name: string, args: unknown[]): unknown {
    const run = (values: unknown[]) => super.execCommand(client, name, values);
    if (!TIMED.has(name)) return run(args);
    return this.#execTimed(name, args, async (values) => {
      try {
        return await run(values);
      } catch (error) {
        const isFull = messageOf(error).startsWith('OOM');
        const again = isFull && runAlthoughFull(client as RedisClient, `${name}:${this.version}`, values);
        if (!again) throw error;
        return again;
      }
    });
  }

  async #execTimed(
    name: string,
    args: unknown[],
    run: (args: unknown[]) => Promise<unknown>,
  ): Promise<unknown> {
    const { clock, leaseMs } = this.#options;
    const values = await clock.withServerTime(args);
    const call = () => run(values);
    const reply = await (SETTLING.has(name) ? retryRefused(call, leaseMs) : call());
    return Array.isArray(reply) && name !== STALLED ? this.#readReply(reply as Reply) : reply;
  }

  /** A reply has the next job, or says until when there is none. */
  async #readReply([fields, id, rateLimitMs, delayUntilMs]: Reply): Promise<Reply> {
    if (!fields) {
      return [fields, id, rateLimitMs, delayUntilMs && this.#options.clock.toLocalMs(delayUntilMs)];
    }
    const found = fieldsOf(fields);
    const repair = await this.#repair(id, found);
    return [repair ? repairedFields(found, repair) : fields, id, rateLimitMs, delayUntilMs];
  }

  async #repair(id: string, fields: Readonly<Record<string, string>>): Promise<Repair | undefined> {
    const repair = repairOf(fields);
    if (!repair) return undefined;
    const client = await this.client;
    await client.hset(this.toKey(id), { ...repair.set });
    if (repair.remove.length > 0) await client.hdel(this.toKey(id), ...repair.remove);
    return repair;
  }

  override async getJobData(id: string): Promise<JobJson | undefined> {
    const read = () => super.getJobData(id);
    try {
      const job = await read();
      if (!job || isJson(job.data)) return job;
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    }
    await this.#repair(id, await (await this.client).hgetall(this.toKey(id)));
    return read();
  }

  override async waitForJob(blockTimeoutSeconds: number): Promise<{ member: string; score: number } | null> {
    const found = await super.waitForJob(blockTimeoutSeconds);
    return found && { ...found, score: found.score && this.#options.clock.toLocalMs(found.score) };
  }

  override async extendLocks(ids: string[], tokens: string[], durationMs: number): Promise<string[]> {
    const pairs = ids.flatMap((id, index) => [id, tokens[index] ?? '']);
    return (await runScript(this, RENEW_LOCKS, this.toKey(''), `${durationMs}`, ...pairs)) as string[];
  }

  protected override moveToFinishedArgs<T = unknown, R = unknown, N extends string = string>(
    job: MinimalJob<T, R, N>,
    value: unknown,
    property: FinishedPropValAttribute,
    shouldRemove: undefined | boolean | number | KeepJobs,
    target: FinishedStatus,
    token: string,
    timestamp: number,
    fetchNext?: boolean,
    fieldsToUpdate?: Record<string, unknown>,
  ): (string | number | boolean | Buffer)[] {
    const givesBody = target === 'completed' && !this.#options.keepDoneBodies;
    const fields = givesBody
      ? { ...fieldsToUpdate, data: JSON.stringify(withoutBody(job.data as JobData)) }
      : fieldsToUpdate;
    return super.moveToFinishedArgs(
      job,
      value,
      property,
      shouldRemove,
      target,
      token,
      timestamp,
      fetchNext,
      fields,
    );
  }
}
