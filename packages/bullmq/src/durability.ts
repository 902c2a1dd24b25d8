import type { PostgresQueueBackend, RedisQueueBackend } from 'bullmq';

/**
 * What about the server's settings loses acknowledged events, in plain words. Where a setting can't be read, as
 * often on a hosted server, that is said instead.
 */
export async function findProblems(
  backend: RedisQueueBackend | PostgresQueueBackend,
): Promise<readonly string[]> {
  return 'connection' in backend && 'pool' in backend.connection
    ? postgresProblems(backend.connection.pool)
    : redisProblems((await (backend as RedisQueueBackend).client) as Partial<RawRedis>);
}

/** An ioredis client, which BullMQ hands through. */
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
      'Redis does not tell its settings here: see to it that maxmemory-policy is noeviction, appendonly yes and ' +
        'appendfsync always.',
    ];
  }
  const problems: string[] = [];
  if (policy !== 'noeviction') {
    problems.push(
      `Redis has maxmemory-policy ${policy}: when its memory is full it deletes stored events. Set noeviction.`,
    );
  }
  if (appendonly !== 'yes') {
    problems.push(
      'Redis has appendonly no: when it ends, all since its last snapshot is lost. Set appendonly yes.',
    );
  } else if (appendfsync !== 'always') {
    problems.push(
      `Redis has appendfsync ${appendfsync}: when it or its machine ends, acknowledged events of about the last ` +
        'second may be lost. Set appendfsync always.',
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
      `Postgres has ${setting} off: when it or its machine ends, acknowledged events may be lost. Set it on.`,
    );
  }
  return problems;
}
