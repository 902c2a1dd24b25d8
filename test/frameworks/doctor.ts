import { expect } from 'vitest';
import { runCommand } from '../../packages/cli/test/command.ts';
import { startApp } from './built-app.ts';

export const KEY = 'a-signature-key';

/** Starts an app with the key, lets the doctor of the command examine its webhook, and gives the URL of the webhook. */
export async function expectHealthy(folder: string, script?: string): Promise<string> {
  const url = `${await startApp(folder, { SHOWPAD_SIGNATURE_KEY: KEY }, script)}/webhooks/showpad`;
  const { stdout, exitCode } = await runCommand(['doctor', url, '--key', KEY]);
  expect(stdout).not.toMatch(/^(warn|FAIL)/m);
  expect(exitCode).toBe(0);
  return url;
}
