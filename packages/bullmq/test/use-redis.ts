import { type Server, startRedis } from '@showpad-webhooks/servers';
import { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';

/** Starts a Redis for the tests of a file, and connects a client that reads and changes what an inbox has stored. */
export function useRedis(): { readonly server: Server; readonly redis: Redis } {
  let server: Server | undefined;
  let redis: Redis | undefined;
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.port, '127.0.0.1');
  });
  afterAll(async () => {
    redis?.disconnect();
    await server?.remove();
  });
  return {
    get server() {
      return server as Server;
    },
    get redis() {
      return redis as Redis;
    },
  };
}
