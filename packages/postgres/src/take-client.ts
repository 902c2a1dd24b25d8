import type { PostgresPool, PostgresPoolClient } from './pool.ts';

/** The next query on a broken connection reports the error too. */
const ignore = () => {};

/**
 * Takes a client from the pool. Without a listener, an error of its connection would end the process. It may arrive together
 * with the response that made the client free, and a promise of `pool.connect()` resolves too late to listen for that.
 */
export function takeClient(pool: PostgresPool): Promise<PostgresPoolClient> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (!client) return reject(error);
      client.on('error', ignore);
      resolve(client);
    });
  });
}

/** Gives a client back to the pool. If it cannot be used any more, its connection is closed. */
export function giveBack(client: PostgresPoolClient, isUsable: boolean): void {
  // A connection that is being closed may still break.
  if (isUsable) client.off('error', ignore);
  client.release(!isUsable);
}
