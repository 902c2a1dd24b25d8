import { expect } from 'vitest';
import { runCommand } from '../../packages/cli/test/command.ts';
import { startApp } from './built-app.ts';

const KEY = 'a-signature-key';

/** Starts an app with the key, and lets the doctor of the command examine it. */
export async function expectHealthy(folder: string, script?: string): Promise<void> {
  const url = await startApp(folder, { SHOWPAD_SIGNATURE_KEY: KEY }, script);
  const { stdout, exitCode } = await runCommand(['doctor', `${url}/webhooks/showpad`, '--key', KEY]);
  expect(stdout).not.toMatch(/^(warn|FAIL)/m);
  expect(exitCode).toBe(0);
}
