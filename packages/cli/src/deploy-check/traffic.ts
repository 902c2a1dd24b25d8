import { type Attempt, createEmulator } from '@showpad-webhooks/emulator';
import { NO_TIMEOUT, targetOf } from '../http/deliver.ts';

export interface TrafficOptions {
  readonly url: URL;
  readonly key: string;
  readonly type: string;
  readonly perSecond: number;
  /** How long after the first failure of an event each retry is sent. */
  readonly retryDelaysMs: readonly number[];
}

/** Events that an endpoint gets, as Showpad would send them. */
export interface Traffic {
  /** What has ended so far, in the order in which it ended. */
  readonly attempts: readonly Attempt[];
  /** How many events are being sent, or will be sent again. */
  open(): number;
  /** Begins to send events. */
  begin(): void;
  /** Sends no further events. Retries go on. */
  end(): void;
  close(): Promise<void>;
}

/** An app that hangs must not delay the events after it. */
const CONCURRENCY = 1_000;

export async function openTraffic({
  url,
  key,
  type,
  perSecond,
  retryDelaysMs,
}: TrafficOptions): Promise<Traffic> {
  const emulator = await createEmulator({
    allowTargets: [targetOf(url)],
    concurrency: CONCURRENCY,
    retryDelaysMs,
  });
  await emulator.subscriptions.create({
    name: 'deploy-check',
    types: [type],
    url: url.href,
    signatureKey: key,
  });
  const attempts: Attempt[] = [];
  let sent = 0;
  let settled = 0;
  let timer: NodeJS.Timeout | undefined;
  const collect = async () => {
    for (;;) {
      const attempt = await emulator.waitForDelivery({}, NO_TIMEOUT);
      attempts.push(attempt);
      if (attempt.state !== 'will-retry') settled++;
    }
  };
  // It ends when the emulator is closed.
  collect().catch(() => {});
  const send = () => {
    sent++;
    void emulator.trigger(type);
  };
  const end = () => clearInterval(timer);
  return {
    attempts,
    open: () => sent - settled,
    begin() {
      timer = setInterval(send, 1_000 / perSecond);
    },
    end,
    async close() {
      end();
      await emulator.close();
    },
  };
}
