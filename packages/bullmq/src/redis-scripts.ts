import type { IQueueBackend, Queue, RedisClient, RedisQueueBackend } from 'bullmq';

/** The part of an ioredis client or Cluster that is used next to BullMQ's own commands. */
export interface RawRedis {
  set(key: string, value: string, ...options: string[]): Promise<unknown>;
  hget(key: string, field: string): Promise<string | null>;
  pipeline(): RawPipeline;
}

interface RawPipeline {
  exists(key: string): RawPipeline;
  call(...words: readonly string[]): RawPipeline;
  exec(): Promise<readonly Answer[]>;
}

/** Sends a command to the node that has the queue, with the connection that writes to it. */
export type CallNode = (...words: readonly string[]) => Promise<unknown>;

interface Script {
  readonly name: string;
  readonly lua: string;
}

/** `TIME` in a script, because on a Cluster it must be asked of the node that has the queue. */
export const READ_TIME: Script = { name: 'showpadReadTime', lua: "return redis.call('TIME')" };

/**
 * Renews the locks of jobs, as BullMQ does it with SET, which Redis refuses when its memory is full. PEXPIRE needs no memory.
 * Keys: meta (to find the node), stalled. Arguments: the prefix of job keys, the lease in ms, and an id and a token for each
 * job. Returns the ids of the jobs whose lock is gone or has another token.
 */
export const RENEW_LOCKS: Script = {
  name: 'showpadRenewLocks',
  lua: `
local lost = {}
for i = 3, #ARGV, 2 do
  local lock = ARGV[1] .. ARGV[i] .. ':lock'
  if redis.call('GET', lock) == ARGV[i + 1] then
    redis.call('PEXPIRE', lock, ARGV[2])
    redis.call('SREM', KEYS[2], ARGV[i])
  else
    lost[#lost + 1] = ARGV[i]
  end
end
return lost
`,
};

/**
 * Finds jobs that wait for their next attempt although the last one began in the future. Arguments: the prefix of job keys, and
 * the latest time that is possible. It looks at the thousand that wait longest.
 */
export const FIND_FROM_FUTURE: Script = {
  name: 'showpadFindFromFuture',
  lua: `
local found = {}
for _, id in ipairs(redis.call('ZREVRANGE', ARGV[1] .. 'delayed', 0, 999)) do
  local began = tonumber(redis.call('HGET', ARGV[1] .. id, 'processedOn') or 0)
  if began > tonumber(ARGV[2]) then found[#found + 1] = id end
end
return found
`,
};

/**
 * Erases a job: only the given data stays, and it becomes completed. Arguments: the prefix of job keys, the id, the data as
 * JSON, and the present time. Returns the state that it was in, in BullMQ's words. An active job stays as it is.
 */
export const ERASE: Script = {
  name: 'showpadErase',
  lua: `
local p, id = ARGV[1], ARGV[2]
local was = 'waiting'
if redis.call('ZREM', p .. 'failed', id) > 0 then was = 'failed'
elseif redis.call('ZSCORE', p .. 'completed', id) then was = 'completed'
elseif redis.call('ZREM', p .. 'delayed', id) + redis.call('LREM', p .. 'wait', 0, id) + redis.call('LREM', p .. 'paused', 0, id) == 0
then return 'active' end
redis.call('ZADD', p .. 'completed', ARGV[4], id)
redis.call('HSET', p .. id, 'data', ARGV[3], 'finishedOn', ARGV[4])
redis.call('HDEL', p .. id, 'failedReason', 'stacktrace')
return was
`,
};

/** The scripts that each client has. */
const scriptsOf = new WeakMap<object, Set<Script>>();

/** Runs a script on the node that has the queue. */
export async function runScript(
  backend: RedisQueueBackend,
  script: Script,
  ...values: readonly string[]
): Promise<unknown> {
  const client = await backend.client;
  const scripts = scriptsOf.get(client) ?? new Set();
  if (!scripts.has(script)) client.defineCommand(script.name, { numberOfKeys: 2, lua: script.lua });
  scriptsOf.set(client, scripts.add(script));
  return runDefined(client, script.name, [backend.keys.meta ?? '', backend.keys.stalled ?? '', ...values]);
}

/**
 * Runs a command that may just have been defined. A client with `enableAutoPipelining` collects commands in a pipeline, which knows
 * only what was defined when it began, so this begins a new one.
 */
async function runDefined(client: RedisClient, name: string, args: readonly unknown[]): Promise<unknown> {
  const answers = await client
    .pipeline()
    .runCommand(name, [...args])
    .exec();
  return replyOf(answers?.[0]);
}

/**
 * Runs a command of BullMQ although the memory of Redis is full. What is stored must be handled then, because that gives memory
 * back. Redis refuses a script if its first write needs memory, so this adds a first write that needs none.
 *
 * @returns undefined if the text of the script is not known: only ioredis keeps it.
 */
export function runAlthoughFull(
  client: RedisClient,
  command: string,
  args: readonly unknown[],
): Promise<unknown> | undefined {
  const { scriptsSet } = client as { readonly scriptsSet?: Readonly<Record<string, IoredisScript>> };
  const script = scriptsSet?.[command];
  if (!script) return undefined;
  const name = `${command}:full`;
  if (!scriptsSet[name]) {
    const lua = `redis.call('DEL', KEYS[1] .. ':none')\n${script.lua}`;
    client.defineCommand(name, { numberOfKeys: script.numberOfKeys, lua });
  }
  return runDefined(client, name, args);
}

interface IoredisScript {
  readonly lua: string;
  readonly numberOfKeys: number;
}

/** A command without a key, such as `WAIT`, would go to any node of a Cluster. In a pipeline it goes where the key is. */
export async function nodeOf(queue: Queue): Promise<CallNode> {
  const client = await clientOf(queue.getBackend());
  return async (...words) => {
    const [, answer] = await client
      .pipeline()
      .exists(queue.toKey('meta'))
      .call(...words)
      .exec();
    return replyOf(answer);
  };
}

type Answer = readonly [error: Error | null, reply: unknown];

function replyOf(answer: Answer | undefined): unknown {
  const [error, reply] = answer ?? [new Error('Redis did not answer.')];
  if (error) throw error;
  return reply;
}

export async function clientOf(backend: IQueueBackend): Promise<RawRedis> {
  return (await (backend as unknown as RedisQueueBackend).client) as unknown as RawRedis;
}
