import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const AT_ONCE = 8;

export interface Api {
  /** The CPU time in µs of what most handlers do: one call of an API with `fetch`, of a small JSON, over a connection that is open. */
  measure(calls: number): Promise<{ readonly handlerMicros: number }>;
  close(): Promise<void>;
}

export async function startApi(): Promise<Api> {
  const api = fork(fileURLToPath(new URL('api.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] });
  const [port] = await once(api, 'message');
  return {
    async measure(calls) {
      const before = process.cpuUsage();
      await callApi(port, calls);
      const { user, system } = process.cpuUsage(before);
      return { handlerMicros: (user + system) / calls };
    },
    close: async () => api.disconnect(),
  };
}

async function callApi(port: number, count: number): Promise<void> {
  let left = count;
  async function work(): Promise<void> {
    while (left-- > 0) {
      const body = JSON.stringify({ email: 'kent.cook@showpad.com', space: 'Breakfast Service' });
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`http://127.0.0.1:${port}/contacts`, { method: 'POST', headers, body });
      await response.json();
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
