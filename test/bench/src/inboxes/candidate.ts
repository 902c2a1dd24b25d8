import { type Inbox, SIGNATURE_HEADER, TIMESTAMP_HEADER } from '@showpad-webhooks/core';
import type { InboxEntry } from '@showpad-webhooks/core/inbox';
import { eventBody } from '../bodies.ts';

export const OURS = 'showpad-webhooks';
export const FLOOR = 'the floor';

/** Something that stores events durably and hands them out, in a store of its own that was empty. */
export interface Candidate {
  /** Resolves when the event is durable, or was there before. */
  put(id: string): Promise<unknown>;
  /** Begins to hand out what is stored, to a handler that does nothing but call `onHandled`. It ends with `close`. */
  handle(onHandled: (id: string) => void): Promise<unknown>;
  /** How many bytes it keeps of an event on average. Only what is compared byte by byte has it. */
  bytesPerEvent?(): Promise<number>;
  /** Adds events that were handled before. */
  addRows?(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Where the stores of some candidates are. */
export interface Engine {
  readonly name: 'SQLite' | 'Postgres' | 'Redis';
  isInstalled(): boolean;
  /** @param checkouts folders of other checkouts of this repository, whose packages are built. Their inboxes take part too. */
  start(checkouts?: readonly string[]): Promise<RunningEngine>;
}

export interface RunningEngine {
  /** Undefined if the engine works in the process of the app. */
  readonly serverPid: number | undefined;
  /** Each call opens a new store. */
  readonly candidates: Readonly<Record<string, () => Promise<Candidate>>>;
  remove(): Promise<void>;
}

/** How many events the libraries handle at once. It is also the default of an inbox. */
export const HANDLED_AT_ONCE = 8;
export const BODY_BYTES = 1_024;
export const BODY: Buffer = eventBody(BODY_BYTES);
const HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'application/json',
  'content-length': `${BODY_BYTES}`,
  [TIMESTAMP_HEADER]: '1669302166',
  [SIGNATURE_HEADER]: 'A'.repeat(43).concat('='),
};

/** What comes with an event and has to be kept, in order to find it, to show it and to retry it. */
export function entryOf(id: string): InboxEntry {
  return {
    id,
    type: 'shared-space-user-added',
    body: BODY,
    bodyDigest: 1_234_567_890,
    method: 'POST',
    url: '/webhooks/showpad',
    headers: HEADERS,
    timestampSeconds: 1_669_302_166,
    keyLabel: undefined,
    receivedAtMs: Date.now(),
    error: undefined,
  };
}

/** @throws Error if the inbox says that its store could lose what it acknowledged: then it would only seem to be fast. */
export async function fromInbox(inbox: Inbox): Promise<Pick<Candidate, 'put' | 'handle'>> {
  const { problems } = await inbox.health();
  if (problems.length > 0) throw new Error(`The inbox has problems: ${problems.join(' ')}`);
  return {
    put: async (id) => inbox.put(entryOf(id)),
    async handle(onHandled) {
      const process = async ({ id }: { id: string }) => {
        onHandled(id);
        return undefined;
      };
      await inbox.start({ process, onDead() {}, onError: console.error });
    },
  };
}
