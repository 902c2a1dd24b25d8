import type { Inbox } from '@showpad-webhooks/core';
import { CliError } from '../cli-error.ts';
import { loadPackage } from './load-package.ts';
import { parseStoreAddress, type StoreAddress } from './store-address.ts';

/** The inbox of an app. */
export interface InboxSource {
  /** For example `sqlite:showpad.db`. */
  readonly store: string;
  /** Default: the name that inboxes have by default. */
  readonly name?: string | undefined;
  /** What the names of BullMQ's queues begin with. Default: as in the package. */
  readonly prefix?: string | undefined;
  /** The folder of the app, whose packages are used. */
  readonly root: string;
}

export interface OpenInbox {
  readonly inbox: Inbox;
  /** The address of the store without a password. */
  readonly shown: string;
}

/** How long the command waits for a server before it gives up. The inboxes themselves wait 2.5 s for an answer. */
const CONNECT_TIMEOUT_MS = 2_000;
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * Opens an inbox that exists, uses it, and closes it. It is never started, so no handler runs and nothing is purged.
 *
 * @throws CliError if there is no such inbox, or if the store does not answer within seconds
 */
export async function useInbox<T>(source: InboxSource, use: (opened: OpenInbox) => Promise<T>): Promise<T> {
  const address = parseStoreAddress(source.store);
  const create = await loadFactory(address, source);
  const failed = (error: unknown) => new CliError(`${address.shown} cannot be used. ${messageOf(error)}`);
  let opened: Opened;
  try {
    opened = create();
  } catch (error) {
    throw failed(error);
  }
  const { inbox, lastError } = opened;
  try {
    await inbox.list({ limit: 1 }).catch((error) => {
      throw failed(lastError() ?? error);
    });
    return await use({ inbox, shown: address.shown });
  } finally {
    await inbox.close({ timeoutMs: CLOSE_TIMEOUT_MS });
  }
}

interface Opened {
  readonly inbox: Inbox;
  /** What the connection to a server last complained of. It says more than "no answer". */
  lastError(): unknown;
}

type CreateInbox = (options: object) => Inbox;

async function loadFactory(address: StoreAddress, source: InboxSource): Promise<() => Opened> {
  const { name, prefix, root } = source;
  const common = { mustExist: true, ...(name !== undefined && { name }) };
  if (address.kind === 'sqlite') {
    const { createSqliteInbox } = await loadPackage('@showpad-webhooks/sqlite', root);
    const create = createSqliteInbox as CreateInbox;
    return () => ({ inbox: create({ file: address.file, ...common }), lastError: () => undefined });
  }
  const { createBullmqInbox } = await loadPackage('@showpad-webhooks/bullmq', root);
  const create = createBullmqInbox as CreateInbox;
  const options = { ...serverOptions(address), ...common, ...(prefix !== undefined && { prefix }) };
  return () => {
    const inbox = create(options) as Inbox & { readonly queue: QueueEvents };
    let last: unknown;
    inbox.queue.on('error', (error) => {
      last = error;
    });
    return { inbox, lastError: () => last };
  };
}

interface QueueEvents {
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

function serverOptions({ kind, url }: Exclude<StoreAddress, { kind: 'sqlite' }>): object {
  if (kind === 'redis') return { connection: { url, connectTimeout: CONNECT_TIMEOUT_MS } };
  return {
    postgres: {
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: CONNECT_TIMEOUT_MS,
    },
  };
}

/** Node tries all addresses of a host, and the error of all of them has no message. */
function messageOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}
