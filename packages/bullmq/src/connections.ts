import type { ConnectionOptions } from 'bullmq';

const SILENCE_MS = 3_000;
const LONGEST_PAUSE_MS = 1_000;

/** Defaults for the connections that this package opens. The options of the app override them. */
export const CONNECTION_DEFAULTS: {
  readonly socketTimeout: number;
  readonly retryStrategy: (attempt: number) => number;
} = {
  /**
   * A server that hangs, or whose machine is gone, does not close its connections. The operating system may take 15 minutes to
   * notice, and until then nothing asks for the server that took over. So a connection is closed when it has waited so long for
   * an answer. Each call has given up after 2.5 s.
   */
  socketTimeout: SILENCE_MS,
  /** BullMQ would wait for up to 20 s between two attempts to connect, which is longer than Showpad repeats a delivery. */
  retryStrategy: (attempt) => Math.min(100 * attempt, LONGEST_PAUSE_MS),
};

/** How long a worker waits for its next job, until the server answers that there is none. It must be shorter than the silence. */
export const BLOCK_SECONDS = 1;

/** The part of a client's or a Cluster's options that matters here. */
interface ClientOptions {
  readonly socketTimeout?: number | null;
  readonly redisOptions?: ClientOptions;
}

/** Says what is missing from the options of a client that the app has made. */
export function connectionProblems(connection: ConnectionOptions): readonly string[] {
  const { options, isCluster } = connection as {
    readonly options?: ClientOptions;
    readonly isCluster?: boolean;
  };
  if (!options || (isCluster ? options.redisOptions : options)?.socketTimeout) return [];
  return [
    `The ${isCluster ? 'Cluster' : 'Redis client'} of the inbox has no socketTimeout, so if a server hangs or its machine is gone, ` +
      'deliveries are answered with 503 until the operating system closes the connection, which may take 15 minutes. Set ' +
      `${isCluster ? 'redisOptions.socketTimeout' : 'socketTimeout'} to ${SILENCE_MS}.`,
  ];
}

/**
 * A command may only use keys of one node, and a hash tag in the name of the queue keeps them together.
 *
 * @throws TypeError for a Cluster if there is none.
 */
export function checkHashTag(connection: ConnectionOptions, queueName: string): void {
  const isCluster = 'isCluster' in connection && connection.isCluster;
  if (!isCluster || /^[^{]*\{[^}]+\}/.test(queueName)) return;
  throw new TypeError(
    `On a Cluster, all keys of an inbox must be on one node, and those of the queue "${queueName}" are not. Set the option "prefix" ` +
      'to a hash tag, such as "{showpad}".',
  );
}
