import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Inbox } from '@showpad-webhooks/core';
import { CliError, usageError } from '../cli-error.ts';

/** A store of events, as `--store` names it. */
export interface StoreSource {
  /** For example `sqlite:showpad.db`. */
  readonly store: string;
  /** The name of the inbox. Default: the one that inboxes have by default. */
  readonly inbox?: string | undefined;
  /** The folder of the app, whose packages are used. */
  readonly root: string;
}

/** Opens the inbox in a store, with the package that the app has installed. It is not started, so it handles nothing. */
export async function openInbox({ store, inbox, root }: StoreSource): Promise<Inbox> {
  const name = inbox === undefined ? {} : { name: inbox };
  const file = /^sqlite:(.+)$/.exec(store)?.[1];
  if (file !== undefined) {
    // It would create a file that does not exist.
    if (!existsSync(file)) throw usageError(`--store: there is no file "${file}".`);
    const { createSqliteInbox } = await load('@showpad-webhooks/sqlite', root);
    return createSqliteInbox?.({ file, ...name }) as Inbox;
  }
  if (/^rediss?:\/\//.test(store)) {
    const { createBullmqInbox } = await load('@showpad-webhooks/bullmq', root);
    return createBullmqInbox?.({ connection: { url: store }, ...name }) as Inbox;
  }
  throw usageError('--store must be "sqlite:" and a file, or a URL that begins with redis:// or rediss://.');
}

type Factories = Readonly<Record<string, ((options: object) => Inbox) | undefined>>;

async function load(name: string, root: string): Promise<Factories> {
  for (const from of [join(root, 'package.json'), import.meta.url]) {
    let path: string;
    try {
      path = createRequire(from).resolve(name);
    } catch {
      continue;
    }
    return import(pathToFileURL(path).href) as Promise<Factories>;
  }
  throw new CliError(`--store needs the package ${name}.`, `Install it in your app: npm install ${name}`);
}
