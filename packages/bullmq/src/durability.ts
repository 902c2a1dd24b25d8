import type { PostgresQueueBackend, RedisQueueBackend } from 'bullmq';

/**
 * Says in plain words which settings of the server could lose acknowledged events, and how to change them. If the settings
 * cannot be read, as on many hosted servers, it says what they must be.
 */
export async function findProblems(
  backend: RedisQueueBackend | PostgresQueueBackend,
): Promise<readonly string[]> {
  return 'connection' in backend && 'pool' in backend.connection
    ? postgresProblems(backend.connection.pool)
    : redisProblems((await (backend as RedisQueueBackend).client) as Partial<RawRedis>);
}

/** The ioredis client that BullMQ wraps. */
interface RawRedis {
  call(...words: string[]): Promise<unknown>;
}

async function redisProblems(client: Partial<RawRedis>): Promise<readonly string[]> {
  const read = async (setting: string) => {
    const reply = await client.call?.('CONFIG', 'GET', setting).catch(() => undefined);
    return Array.isArray(reply) ? String(reply[1]) : undefined;
  };
  const policy = await read('maxmemory-policy');
  const appendonly = await read('appendonly');
  const appendfsync = await read('appendfsync');
  if (policy === undefined) {
    return [
      'The settings of Redis cannot be read. Make sure that maxmemory-policy is noeviction, appendonly is yes, and ' +
        'appendfsync is always.',
    ];
  }
  const problems: string[] = [];
  if (policy !== 'noeviction') {
    problems.push(
      `Redis has maxmemory-policy ${policy}, so it deletes stored events when its memory is full. Set it to noeviction.`,
    );
  }
  if (appendonly !== 'yes') {
    problems.push(
      'Redis has appendonly no, so if it ends, everything since its last snapshot is lost. Set it to yes.',
    );
  } else if (appendfsync !== 'always') {
    problems.push(
      `Redis has appendfsync ${appendfsync}, so if it or its machine crashes, about a second of acknowledged events may be ` +
        'lost. Set it to always.',
    );
  }
  return problems;
}

async function postgresProblems(
  pool: PostgresQueueBackend['connection']['pool'],
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const setting of ['synchronous_commit', 'fsync', 'full_page_writes']) {
    const { rows } = await pool.query<Record<string, string>>(`SHOW ${setting}`);
    if (rows[0]?.[setting] !== 'off') continue;
    problems.push(
      `Postgres has ${setting} off, so if it or its machine crashes, acknowledged events may be lost. Set it to on.`,
    );
  }
  return problems;
}
