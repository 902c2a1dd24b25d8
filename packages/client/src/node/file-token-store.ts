import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { TokenSet, TokenStore } from '../token-store.ts';
import { ignoreMissing, withLockFile } from './lock-file.ts';

export interface FileTokenStoreOptions {
  /** One file per account. It and its folder are made where they are missing, readable by their owner alone. */
  readonly path: string;
  /** How long to wait for another process that renews. Default 120,000. */
  readonly lockTimeoutMs?: number;
}

/**
 * Keeps tokens in a file that several processes of a machine may share: one at a time renews, under `<path>.lock`,
 * and the file is replaced whole. What it holds lets in: keep it out of backups and repositories.
 *
 * @throws TypeError for a path that is no text.
 *
 * @example
 * ```ts
 * import { createShowpadWebhooksClient } from '@showpad-webhooks/client';
 * import { createFileTokenStore } from '@showpad-webhooks/client/node';
 *
 * const client = createShowpadWebhooksClient({
 *   subdomain: 'acme',
 *   auth: { type: 'refresh-token', clientId: 'an-id', clientSecret: 'a-secret', refreshToken: 'a-token' },
 *   tokenStore: createFileTokenStore({ path: '.showpad/tokens.json' }),
 * });
 * console.log(typeof client.subscriptions.list); // function
 * ```
 */
export function createFileTokenStore({ path, lockTimeoutMs = 120_000 }: FileTokenStoreOptions): TokenStore {
  if (typeof path !== 'string' || path === '') throw new TypeError('path must be the path of a file.');
  const file = resolve(path); // A later change of the working directory is none of it.
  const makeFolder = () => mkdir(dirname(file), { recursive: true, mode: 0o700 });
  return {
    async get() {
      const text = await readFile(file, 'utf8').catch(ignoreMissing);
      return text === undefined ? undefined : parse(text, file);
    },

    async set(tokens) {
      await makeFolder();
      const draft = `${file}.${randomUUID()}`;
      try {
        const handle = await open(draft, 'wx', 0o600);
        try {
          await handle.writeFile(`${JSON.stringify(tokens)}\n`);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(draft, file);
      } finally {
        await rm(draft, { force: true });
      }
    },

    async lock(run) {
      await makeFolder();
      return withLockFile(`${file}.lock`, lockTimeoutMs, run);
    },
  };
}

/** @throws Error that does not quote the file */
function parse(text: string, file: string): TokenSet {
  try {
    const { accessToken, refreshToken, expiresAtMs } = JSON.parse(text);
    const isRefreshToken = refreshToken === undefined || typeof refreshToken === 'string';
    if (typeof accessToken === 'string' && typeof expiresAtMs === 'number' && isRefreshToken) {
      return { accessToken, expiresAtMs, ...(refreshToken !== undefined && { refreshToken }) };
    }
  } catch {
    // Said below; the parser's own message quotes the text.
  }
  throw new Error(`${file} holds no tokens: delete it, and log in again.`);
}
