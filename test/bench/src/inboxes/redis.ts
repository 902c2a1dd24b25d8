import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import { findServer, startRedis } from '@showpad-webhooks/servers';
import { type ConnectionOptions, createRedisBackend, type RedisQueueBackend } from 'bullmq';
import { Redis, type Result } from 'ioredis';
import { openBullmq } from './bullmq.ts';
import { type Candidate, type Engine, FLOOR, fromInbox, OURS } from './candidate.ts';
import { createFloor, type FloorStore, type Taken } from './floor.ts';
import { importFrom, mapValues } from './import-from.ts';

/** A rewrite of the append-only file would slow down whichever candidate has its turn, so there is none. */
const SETTINGS = { appendfsync: 'always', 'auto-aof-rewrite-percentage': '0', databases: '64' };

/** Each candidate has a database of its own. */
export const redis: Engine = {
  name: 'Redis',
  isInstalled: () => findServer('redis-server') !== undefined,
  async start(checkouts) {
    const others = await importFrom('@showpad-webhooks/bullmq', checkouts);
    const server = await startRedis(SETTINGS);
    const admin = new Redis(server.port, '127.0.0.1');
    const [, pid] = /process_id:(\d+)/.exec(await admin.info('server')) ?? [];
    let databases = 0;
    const inNewDatabase = (open: (connection: Connection) => Promise<Candidate>) => () =>
      open({ host: '127.0.0.1', port: server.port, db: databases++ });
    return {
      serverPid: Number(pid),
      candidates: {
        [OURS]: inNewDatabase((connection) => openOurs(createBullmqInbox, connection)),
        ...mapValues(others, ({ createBullmqInbox }) =>
          inNewDatabase((connection) => openOurs(createBullmqInbox, connection)),
        ),
        [FLOOR]: inNewDatabase(async (connection) => createFloor(openFloor(new Redis(connection)))),
        BullMQ: inNewDatabase((connection) =>
          openBullmq<RedisQueueBackend, ConnectionOptions>(connection, createRedisBackend),
        ),
      },
      async remove() {
        admin.disconnect();
        await server.remove();
      },
    };
  },
};

interface Connection {
  readonly host: string;
  readonly port: number;
  readonly db: number;
}

async function openOurs(create: typeof createBullmqInbox, connection: Connection): Promise<Candidate> {
  const inbox = create({ connection });
  const client = new Redis(connection);
  return {
    ...(await fromInbox(inbox)),
    bytesPerEvent: () => bytesPerHash(client, 'bull:showpad-default:sp-*'),
    async close() {
      await inbox.close({ timeoutMs: 1_000 });
      client.disconnect();
    },
  };
}

/**
 * It leaves out what BullMQ adds to a job: two entries in the stream of events, the counter, the marker that wakes workers, and the
 * checks for parents, delays and pauses. It also does not read the job back, as the inbox does to see whether it was the first.
 */
const INSERT = `
if redis.call('HSETNX', KEYS[1], 'data', ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'name', ARGV[2], 'opts', ARGV[3], 'timestamp', ARGV[4], 'delay', 0, 'priority', 0)
redis.call('LPUSH', KEYS[2], KEYS[1])
return 1`;
const TAKE = `
local taken = {}
for i = 1, ARGV[1] do
  local key = redis.call('LMOVE', 'wait', 'active', 'RIGHT', 'LEFT')
  if not key then break end
  taken[#taken + 1] = key
  taken[#taken + 1] = redis.call('HGET', key, 'data')
end
return taken`;
const FINISH = `
for i = 1, #ARGV, 2 do
  redis.call('LREM', 'active', -1, ARGV[i])
  redis.call('ZADD', 'completed', 0, ARGV[i])
  redis.call('HSET', ARGV[i], 'data', ARGV[i + 1], 'finishedOn', 0)
end`;
const SCRIPTS = {
  insertEvent: { lua: INSERT, numberOfKeys: 2 },
  takeEvents: { lua: TAKE, numberOfKeys: 0 },
  finishEvents: { lua: FINISH, numberOfKeys: 0 },
};
const OPTS = JSON.stringify({
  stackTraceLimit: 20,
  jobId: `sp-${'0'.repeat(64)}`,
  timestamp: 1_669_302_166_000,
  backoff: { type: 'custom' },
  attempts: 8,
});

declare module 'ioredis' {
  interface RedisCommander<Context> {
    insertEvent(...args: (string | number)[]): Result<number, Context>;
    takeEvents(limit: number): Result<string[], Context>;
    finishEvents(...args: string[]): Result<null, Context>;
  }
}

function openFloor(client: Redis): FloorStore {
  for (const [name, script] of Object.entries(SCRIPTS)) client.defineCommand(name, script);
  return {
    async insert(rows) {
      const pipeline = client.pipeline();
      for (const { key, entry, meta } of rows) {
        const { body, bodyDigest, type, receivedAtMs } = entry;
        const data = JSON.stringify({
          entry: meta,
          body: Buffer.from(body).toString('base64'),
          bodyBytes: body.byteLength,
          bodyDigest,
          nonce: '0123456789abcdef',
        });
        pipeline.insertEvent(`event:${key}`, 'wait', data, type, OPTS, receivedAtMs);
      }
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
    },
    async take(limit) {
      const flat = await client.takeEvents(limit);
      const taken: Taken[] = [];
      for (let index = 0; index < flat.length; index += 2) {
        const [key, data] = flat.slice(index, index + 2) as [string, string];
        taken.push({ key, meta: JSON.parse(data).entry });
      }
      return taken;
    },
    finish: (taken) => client.finishEvents(...taken.flatMap(({ key, meta }) => [key, meta])),
    bytesPerEvent: () => bytesPerHash(client, 'event:*'),
    close: async () => client.disconnect(),
  };
}

async function bytesPerHash(client: Redis, pattern: string): Promise<number> {
  const hashes = await Promise.all((await client.keys(pattern)).map((key) => client.hgetall(key)));
  const fields = hashes.flatMap((hash) => Object.entries(hash).flat());
  return fields.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / hashes.length;
}
