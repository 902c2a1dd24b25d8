import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const KEY = 'a-key-for-this-machine';

/** Starts an app, sends it a delivery as soon as it listens, and gives all that it printed, and the status of the answer. */
export async function deliverTo(
  app: string,
  main: string,
): Promise<{ readonly status: number; readonly lines: readonly string[] }> {
  const child = spawn(process.execPath, [main], {
    cwd: app,
    env: { PATH: process.env.PATH, PORT: '0', SHOWPAD_SIGNATURE_KEY: KEY, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  let status = 0;
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    const port = /^Listening at .*:(\d+)$/.exec(line)?.[1];
    if (port === undefined) continue;
    const { method, headers, body } = sign(app);
    const url = `http://127.0.0.1:${port}/webhooks/showpad`;
    status = (await fetch(url, { method, headers, body: new Uint8Array(body) })).status;
    child.kill();
  }
  await ended;
  return { status, lines };
}

/** Signs with the package that the app has installed. */
function sign(app: string): { method: string; headers: Record<string, string>; body: Uint8Array } {
  const { signedDelivery } = createRequire(join(app, 'package.json'))('@showpad-webhooks/nestjs/testing');
  return signedDelivery('shared-space-user-added', { key: KEY });
}
