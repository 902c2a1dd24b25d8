import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { COMMAND, spawnCommand } from './process.ts';

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

test('the process prints, in a pipe without colours, and exits with the code', async () => {
  const listed = await spawnCommand(['events', 'list']).finished;
  expect(listed).toMatchObject({ exitCode: 0, stderr: '' });
  expect(listed.stdout).toContain('COURSE_COMPLETED');
  expect(listed.stdout).not.toContain('\u001b');
  const failed = await spawnCommand(['events', 'show', 'nope']).finished;
  expect(failed).toMatchObject({ exitCode: 2, stdout: '' });
  expect(failed.stderr).toMatch(/^error: There is no sample for "nope"\.\n/);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s stops a command that runs on', async (signal) => {
  const running = spawnCommand(['emulator', '--port', '0', '--json']);
  const { url } = JSON.parse(await running.nextLine()) as { url: string };
  expect((await fetch(url)).status).toBe(200);
  running.kill(signal);
  expect(await running.finished).toMatchObject({ exitCode: 0, stderr: 'Press Ctrl-C to stop.\n' });
  await expect(fetch(url)).rejects.toThrow();
});

test('a reader that has read enough is no error', () => {
  const line = `${COMMAND.map(quote).join(' ')} --help | head -n 1`;
  const { stdout, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', line], { encoding: 'utf8' });
  expect(stdout).toBe('Usage: showpad-webhooks [options] [command]\n');
  expect(stderr).toBe('');
});
