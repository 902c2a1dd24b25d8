import { setTimeout as pause } from 'node:timers/promises';
import type { Inbox } from '@showpad-webhooks/core';
import { CliError } from '../cli-error.ts';
import { type CreatedInbox, createInbox, type InboxNames, PACKAGES } from './create-inbox.ts';
import { loadPackage } from './load-package.ts';
import { parseStoreAddress } from './store-address.ts';

/** The inbox of an app. */
export interface InboxSource extends InboxNames {
  /** For example `sqlite:showpad.db`. */
  readonly store: string;
  /** The folder of the app, whose packages are used. */
  readonly root: string;
}

export interface OpenInbox {
  readonly inbox: Inbox;
  /** The address of the store without a password. */
  readonly shown: string;
}

const CLOSE_TIMEOUT_MS = 1_000;

/**
 * Opens an inbox that exists, uses it, and closes it. It is never started, so no handler runs and nothing is purged.
 *
 * @throws CliError if there is no such inbox, or if the store does not answer within seconds
 */
export async function useInbox<T>(source: InboxSource, use: (opened: OpenInbox) => Promise<T>): Promise<T> {
  const address = parseStoreAddress(source.store);
  const { shown } = address;
  const loaded = await loadPackage(PACKAGES[address.kind], source.root);
  let created: CreatedInbox | undefined;
  try {
    created = await createInbox(loaded, address, source);
    await created.inbox.list({ limit: 1 });
  } catch (error) {
    const reason = messageOf(created?.lastError?.() ?? error);
    if (created) await close(created);
    throw error instanceof CliError ? error : new CliError(`${shown} cannot be used. ${reason}`);
  }
  try {
    return await use({ inbox: created.inbox, shown });
  } finally {
    await close(created);
  }
}

async function close(created: CreatedInbox): Promise<void> {
  await created.inbox.close({ timeoutMs: CLOSE_TIMEOUT_MS });
  await Promise.race([created.close?.(), pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
}

/** Node tries all addresses of a host, and the error of all of them has no message. */
function messageOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const message = first instanceof Error ? first.message : String(first);
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
