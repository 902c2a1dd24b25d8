import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { machineMs } from '@showpad-webhooks/inbox-tests';
import { deliveryOf } from './entry.ts';
import { type Answer, type Manner, post } from './post.ts';
import type { Point } from './trend.ts';

export type Kind = 'good' | 'duplicate' | 'forged' | 'slow' | 'huge' | 'too large' | 'interrupted';

export interface SenderOptions {
  readonly port: () => number;
  readonly perSecond: number;
  /** 1 waits between the attempts as long as Showpad does, and 10 a tenth of that. */
  readonly speed: number;
}

/** What was sent, and what was answered. */
export interface Sent {
  readonly deliveries: number;
  /** By kind and status. The status is "none" if there was no answer. */
  readonly answers: ReadonlyMap<Kind, Readonly<Record<string, number>>>;
  readonly acknowledged: ReadonlySet<string>;
  /** Events that needed another attempt, as a number. */
  readonly retried: number;
  /** Events that no attempt got acknowledged, so Showpad would have lost them. */
  readonly givenUp: readonly string[];
  readonly tooLarge: number;
  /** How long the answer to each small, whole delivery took. The times are by the clock of the machine. */
  readonly latencies: readonly Point[];
}

export interface Sender {
  readonly sent: Sent;
  /** Sends until the signal is aborted, and resolves when everything is answered. */
  run(signal: AbortSignal): Promise<void>;
}

/** When Showpad sends an event after its first attempt failed, in ms. See docs/showpad.md. */
const RETRY_OFFSETS_MS = [0, 3_000, 7_500, 14_250];
const MIB = 2 ** 20;
/** By default, an app accepts 10 MiB. */
const TOO_LARGE_BYTES = 11 * MIB;
const HUGE_BYTES = 8 * MIB;
/** Each so many deliveries, one is huge or too large. */
const EVERY_HUGE = 300;
const EVERY_TOO_LARGE = 3_000;
const RECENT = 2_000;
const MOST_AT_ONCE = 200;
const SLOWEST_PIECE_MS = 600;

/** Sends deliveries of all kinds at random times, and again as Showpad does if they fail. */
export function createSender({ port, perSecond, speed }: SenderOptions): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_AT_ONCE });
  const answers = new Map<Kind, Record<string, number>>();
  const acknowledged = new Set<string>();
  const givenUp: string[] = [];
  const latencies: Point[] = [];
  const recent: string[] = [];
  const underWay = new Set<Promise<void>>();
  let deliveries = 0;
  let retried = 0;
  let tooLarge = 0;

  async function send(kind: Kind, id: string, bytes: number, manner: Manner, key?: string): Promise<Answer> {
    deliveries++;
    const pauseMs = (Math.random() * SLOWEST_PIECE_MS) / speed;
    const answer = await post(deliveryOf(id, bytes, key), { port: port(), agent, manner, pauseMs });
    const ofKind = answers.get(kind) ?? {};
    const status = answer.status ?? 'none';
    answers.set(kind, { ...ofKind, [status]: (ofKind[status] ?? 0) + 1 });
    // An event that is too large is kept as a dead letter, and no handler gets it.
    if (isAcknowledged(answer) && kind !== 'too large') acknowledged.add(id);
    return answer;
  }

  /** Sends an event until it is acknowledged. Only the first attempt is sent in a special manner. */
  async function deliver(kind: Kind, id: string, bytes: number, manner: Manner = 'whole'): Promise<void> {
    const startedMs = performance.now();
    for (const [attempt, offsetMs] of RETRY_OFFSETS_MS.entries()) {
      await delay(startedMs + offsetMs / speed - performance.now());
      if (attempt === 1) retried++;
      const current = attempt === 0 ? manner : 'whole';
      const answer = await send(kind, id, bytes, current);
      if (current === 'whole' && kind !== 'huge' && answer.status !== undefined) {
        latencies.push({ atMs: machineMs(), value: answer.tookMs });
      }
      if (isAcknowledged(answer)) return;
    }
    givenUp.push(id);
  }

  async function sendNext(number: number): Promise<void> {
    const id = randomUUID();
    const kind = kindOf(number, recent.length > 0);
    if (kind === 'good' || kind === 'slow' || kind === 'interrupted') recent[number % RECENT] = id;
    const bytes = Math.floor(Math.random() * 2_000);
    switch (kind) {
      case 'good':
        return deliver(kind, id, sizeOf(id));
      case 'slow':
        return deliver(kind, id, sizeOf(id), 'slow');
      case 'interrupted':
        return deliver(kind, id, sizeOf(id), Math.random() < 0.5 ? 'cut' : 'unheard');
      case 'huge':
        return deliver(kind, id, Math.floor(Math.random() * HUGE_BYTES));
      case 'duplicate': {
        const earlier = recent.filter(Boolean);
        const again = earlier[Math.floor(Math.random() * earlier.length)] ?? id;
        return deliver(kind, again, sizeOf(again));
      }
      case 'forged':
        return void (await send(kind, id, bytes, 'whole', 'the key of a stranger'));
      case 'too large':
        tooLarge++;
        return void (await send(kind, id, TOO_LARGE_BYTES, 'whole'));
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    for (let number = 1; !signal.aborted; number++) {
      if (underWay.size < MOST_AT_ONCE) {
        const sending = sendNext(number).finally(() => underWay.delete(sending));
        underWay.add(sending);
      }
      const untilNextMs = (-Math.log(1 - Math.random()) * 1_000) / perSecond;
      await delay(untilNextMs, undefined, { signal }).catch(() => {});
    }
    await Promise.all(underWay);
    agent.destroy();
  }

  return {
    run,
    get sent() {
      return { deliveries, answers, acknowledged, retried, givenUp, tooLarge, latencies };
    },
  };
}

function kindOf(number: number, hasEarlier: boolean): Kind {
  if (number % EVERY_TOO_LARGE === 50) return 'too large';
  if (number % EVERY_HUGE === 100) return 'huge';
  const choice = Math.random();
  if (choice < 0.2 && hasEarlier) return 'duplicate';
  if (choice < 0.3) return 'forged';
  if (choice < 0.38) return 'slow';
  if (choice < 0.5) return 'interrupted';
  return 'good';
}

/** The size of an event depends on its id, so that a duplicate has the same body. */
function sizeOf(id: string): number {
  return Number.parseInt(id.slice(0, 3), 16);
}

function isAcknowledged({ status = 0 }: Answer): boolean {
  return status >= 200 && status < 300;
}
