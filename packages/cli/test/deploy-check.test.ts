import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { openFolder, runCommand, startCommand, valuesOf } from './command.ts';
import { closedUrl, openEndpoint } from './open-endpoint.ts';
import { FROM_SOURCES } from './process.ts';

vi.setConfig({ testTimeout: 60_000 });

const appPath = (name: string) => fileURLToPath(new URL(`apps/${name}`, import.meta.url));
const CLOSING_APP = [...FROM_SOURCES, appPath('closing-app.mjs')];
/** However long a start takes on a busy machine, one of the retries comes soon after it. */
const PATIENT = ['--retry-seconds', '0.2,0.4,0.8,1.6,3.2,6.4,12.8,25.6'];
const CARELESS_APP = [process.execPath, appPath('careless-app.mjs')];

async function deployCheck(
  command: readonly string[],
  ...flags: readonly string[]
): Promise<readonly string[]> {
  return ['deploy-check', '--port', new URL(await closedUrl()).port, ...flags, '--', ...command];
}

interface Result {
  readonly lost: number;
  readonly retried: number;
  readonly outageMs: number | null;
  readonly failures: Readonly<Record<string, number>>;
  readonly stopped: { readonly endSignal?: string; readonly exitCode?: number; readonly wasKilled: boolean };
  readonly advice: readonly string[];
}

describe('deploy-check', () => {
  test('loses nothing if retries outlast the restart, and says how much of the window it used', async () => {
    const args = await deployCheck(CLOSING_APP, ...PATIENT);
    const { exitCode, stdout, stderr } = await runCommand(args);
    expect(stderr).toContain('Restarting the app while it gets 10 events per second.');
    expect(stdout).toMatch(/^ok {8}0 of \d+ events lost, [1-9]\d* saved by a retry\n/);
    expect(stdout).toMatch(/^window {4}[\d.]+ s of 25.6 s used$/m);
    expect(stdout).toMatch(/^stop {6}\d+ ms {2}its exit code was 0$/m);
    expect(stdout).toMatch(/^failures {2}\d+ × ECONNREFUSED$/m);
    expect(stdout).toContain('Start the new instance before the old one stops');
    expect(stdout).toContain('That Showpad tries again then, as after a 5xx, is assumed');
    expect(exitCode).toBe(0);
  });

  test('finds that an app cuts off what it is doing, and that a slow start loses events', async () => {
    const finished = await runCommand(
      await deployCheck(CARELESS_APP, '--retry-seconds', '0.05,0.1,0.15', '--json'),
    );
    expect(finished.exitCode).toBe(1);
    const [result] = valuesOf<Result>(finished);
    expect(result?.lost).toBeGreaterThan(0);
    expect(result?.outageMs).toBeGreaterThan(150);
    expect(result?.failures).toMatchObject({
      ECONNRESET: expect.any(Number),
      ECONNREFUSED: expect.any(Number),
    });
    expect(result?.stopped).toMatchObject({ endSignal: 'SIGTERM', wasKilled: false });
    expect(result?.advice[0]).toMatch(
      /^The app does not handle SIGTERM, so it ends in the middle of its work\./,
    );
  });

  test('kills an app that does not end, and names each answer after which Showpad gives up', async () => {
    const app = `
      process.on('SIGTERM', () => (isStopping = true));
      let isStopping = false;
      require('node:http')
        .createServer((req, res) => res.writeHead(isStopping ? 403 : 200, { server: 'a-proxy' }).end())
        .listen(process.env.PORT, '127.0.0.1');`;
    const flags = ['--stop-seconds', '1', ...PATIENT, '--json'];
    const finished = await runCommand(await deployCheck([process.execPath, '-e', app], ...flags));
    expect(finished.exitCode).toBe(1);
    const [result] = valuesOf<Result>(finished);
    expect(result).toMatchObject({ stopped: { wasKilled: true }, failures: { 403: expect.any(Number) } });
    expect(result?.advice[0]).toContain('The app did not end within 1 s of SIGTERM and was killed');
    expect(result?.advice[1]).toContain('Showpad does not try again after this answer: 403.');
    expect(result?.advice[1]).toContain('(server: a-proxy)');
  });

  test('ends everything that it has started when it is stopped', async () => {
    const file = join(openFolder(), 'pid');
    const app = `require('node:fs').writeFileSync(${JSON.stringify(file)}, String(process.pid)); setInterval(() => {}, 1000)`;
    const child = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(app)}]); setInterval(() => {}, 1000)`;
    const running = startCommand(await deployCheck([process.execPath, '-e', child]));
    await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8')).toMatch(/^\d+$/);
    running.stop();
    expect(await running.exitCode).toBe(1);
    expect(await running.stderr).toContain('Stopped. The app was stopped too.');
    expect(() => process.kill(Number(readFileSync(file, 'utf8')), 0)).toThrow('ESRCH');
  });

  test.each([
    [
      'ends at once',
      [process.execPath, '-e', 'process.exit(3)'],
      'ended before it was ready: its exit code was 3.',
    ],
    ['does not exist', ['/no/such/program'], 'ended before it was ready: spawn /no/such/program ENOENT'],
    ['never listens', [process.execPath, '-e', 'setInterval(() => {}, 1000)'], 'does not accept events at'],
  ])('says what is wrong with an app that %s', async (_title, command, said) => {
    const { exitCode, stdout, stderr } = await runCommand(await deployCheck(command, '--ready-seconds', '1'));
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(said);
    expect(stderr).toContain('--show-output shows what the app prints.');
  });

  test('starts nothing if something answers at the URL already', async () => {
    const { url } = await openEndpoint(200);
    const { exitCode, stderr } = await runCommand(['deploy-check', '--to', url, '--', '/no/such/program']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`Something answers at ${new URL(url).origin} already.`);
  });

  test.each([
    ['no command', ['deploy-check'], "missing required argument 'command'"],
    ['retries that do not rise', ['deploy-check', '--retry-seconds', '3,2', '--', 'x'], 'rising numbers'],
  ])('exits with 2 for a mistake of usage: %s', async (_title, args, said) => {
    expect(await runCommand(args)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(said) });
  });
});
