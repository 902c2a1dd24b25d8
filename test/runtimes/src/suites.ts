import { type CreateServer, defineAdapterSuite } from '@showpad-webhooks/conformance';
import { defineHostileSuite } from '@showpad-webhooks/hostile';
import { afterAll, beforeAll } from 'vitest';
import { type Runtime, versionOf } from './binaries.ts';
import { type RuntimeOptions, type RuntimeServers, startServers } from './create-server.ts';
import { SERVER_TRAITS } from './server-traits.ts';

/** Runs the suites of all adapters, unchanged, against the fetch handler in a runtime. */
export function defineRuntimeSuites(runtime: Runtime, options: RuntimeOptions = {}): void {
  let servers: RuntimeServers;
  beforeAll(async () => {
    servers = await startServers(runtime, options);
  });
  afterAll(() => servers.close());
  const createServer: CreateServer = (setup) => servers.createServer(setup);
  const name = `fetch${options.isHono ? ', in Hono' : ''} on ${runtime} ${versionOf(runtime)}`;

  const {
    holdsRefused = false,
    resetsRefused = false,
    hasNoPipelining = false,
    kept = [],
    differences,
    untaken = {},
  } = SERVER_TRAITS[runtime];

  defineAdapterSuite(name, createServer, {
    behindParser: { kept },
    isFetch: true,
    holdsRefused,
    hasNoPipelining,
  });
  defineHostileSuite(name, createServer, {
    isFetch: true,
    holdsRefused,
    resetsRefused,
    differences,
    untaken,
  });
}
