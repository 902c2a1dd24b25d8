import type { CallNode } from './redis-scripts.ts';
import type { WaitReplicas } from './replicas.ts';
import { isRefused } from './retry-refused.ts';

/** Deliveries are refused when the memory is full, so it is reported before. */
const FULL_AT_PERCENT = 80;

/**
 * Says in plain words which settings of Redis could lose acknowledged events, or will stop them from being stored, and how to
 * change them. If the settings cannot be read, as on many hosted servers, it says what they must be.
 */
export async function findRedisProblems(
  callNode: CallNode,
  waitReplicas: WaitReplicas | undefined,
): Promise<readonly string[]> {
  const settings = await readSettings(callNode);
  return [
    ...durabilityProblems(settings),
    ...replicationProblems(await readInfo(callNode, 'replication'), settings, waitReplicas),
    ...memoryProblems(await readInfo(callNode, 'memory')),
  ];
}

const SETTINGS = ['maxmemory-policy', 'appendonly', 'appendfsync', 'min-replicas-to-write'] as const;
type Settings = Readonly<Record<(typeof SETTINGS)[number], string | undefined>>;
type Info = Readonly<Record<string, string>>;

async function readSettings(callNode: CallNode): Promise<Settings> {
  const read = async (setting: string) => {
    const reply = await unlessRefused(callNode('CONFIG', 'GET', setting));
    return [setting, Array.isArray(reply) ? String(reply[1]) : undefined];
  };
  return Object.fromEntries(await Promise.all(SETTINGS.map(read)));
}

/** Hosted servers often refuse such commands. If the connection is lost instead, nothing is known, and it rejects. */
async function unlessRefused(reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply;
  } catch (error) {
    if (isRefused(error)) return undefined;
    throw error;
  }
}

/** The lines of `INFO` as names and values. It is empty if `INFO` is not allowed. */
async function readInfo(callNode: CallNode, section: string): Promise<Info> {
  const text = (await unlessRefused(callNode('INFO', section))) ?? '';
  const lines = String(text).split('\r\n');
  return Object.fromEntries(lines.map((line) => [line.split(':', 1)[0], line.slice(line.indexOf(':') + 1)]));
}

function durabilityProblems(settings: Settings): readonly string[] {
  const { 'maxmemory-policy': policy, appendonly, appendfsync } = settings;
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

/** With Sentinel or a Cluster, a replica takes over by itself, and what it had not received yet is gone. */
function replicationProblems(
  { connected_slaves: replicas }: Info,
  { 'min-replicas-to-write': least }: Settings,
  waitReplicas: WaitReplicas | undefined,
): readonly string[] {
  const count = Number(replicas ?? 0);
  const has = `Redis has ${count} ${count === 1 ? 'replica' : 'replicas'}`;
  if (waitReplicas) {
    if (count >= waitReplicas.count) return [];
    return [
      `${has}, and events are stored only if ${waitReplicas.count} confirm them, so deliveries are ` +
        'answered with 503. Check why replicas are not connected, or lower the option waitReplicas.count.',
    ];
  }
  if (count === 0 || Number(least ?? 0) > 0) return [];
  return [
    `${has} and does not wait for any, so if a replica takes over, the latest acknowledged events are lost. ` +
      'Set the option waitReplicas of the inbox to { count: 1 }, or at least min-replicas-to-write of Redis to 1.',
  ];
}

function memoryProblems({ used_memory: used, maxmemory }: Info): readonly string[] {
  const percent = Math.floor((100 * Number(used)) / Number(maxmemory));
  // Without a maxmemory this is infinite, and without INFO it is not a number.
  if (!Number.isFinite(percent) || percent < FULL_AT_PERCENT) return [];
  const consequence =
    percent < 100
      ? 'When it is full, deliveries are answered with 503.'
      : 'It is full, so deliveries are answered with 503.';
  return [
    `Redis uses ${percent} % of its maxmemory. ${consequence} Find out what uses it, such as events that wait or are dead, ` +
      'and raise maxmemory.',
  ];
}
