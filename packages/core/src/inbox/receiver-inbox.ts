import { storeFailed } from '../once/errors.ts';
import { withDeadline } from '../shared/promise.ts';
import { CHECK_DURABILITY, problemFound } from './durability.ts';
import { findOrphans } from './orphans.ts';
import { createJobProcessor, type JobProcessorOptions } from './process-job.ts';
import { createDeliveryPutter, type DeliveryPutter, type DeliveryPutterOptions } from './put-delivery.ts';
import type { Inbox } from './types.ts';

export interface ReceiverInboxOptions
  extends JobProcessorOptions,
    Omit<DeliveryPutterOptions, 'isAccepting'> {
  readonly hasHandlers: () => boolean;
}

/** What a receiver does with its inbox. */
export interface ReceiverInbox extends DeliveryPutter {
  /** True if deliveries are stored: it was started, or it has no handlers and stores for another process. */
  readonly isAccepting: boolean;
  start(): Promise<void>;
  close(options: { readonly timeoutMs: number }): Promise<void>;
  health: Inbox['health'];
}

export function createReceiverInbox(options: ReceiverInboxOptions): ReceiverInbox {
  const { inbox, reporter } = options;
  const jobs = createJobProcessor(options);
  let starting: Promise<void> | undefined;

  function isAccepting(): boolean {
    return starting !== undefined || !options.hasHandlers();
  }

  async function begin(): Promise<void> {
    await reportOrphans();
    await inbox.start({
      process: jobs.process,
      onDead: (job, failure) => reporter.guard(() => jobs.onDead(job, failure)),
      onError: reportFailure,
    });
  }

  /** Without handlers it only stores. If it took entries too, they would count as handled although nothing ran. */
  async function checkStore(): Promise<void> {
    const { isReachable, problems } = await inbox.health();
    if (!isReachable) throw new Error(problems.join(' '));
    for (const problem of problems) reportFailure(CHECK_DURABILITY, new Error(problem));
  }

  function reportFailure(operation: string, cause: unknown): void {
    const isProblem = operation === CHECK_DURABILITY;
    reporter.report(isProblem ? problemFound(cause) : storeFailed('inbox', operation, cause));
  }

  /** Comes before the start, because after it the entries are taken. If the inbox cannot be read, the start itself says so. */
  async function reportOrphans(): Promise<void> {
    const orphans = await withDeadline(findOrphans(inbox, options.findHandlers)).catch(() => []);
    for (const error of orphans) reporter.report(error);
  }

  const putter = createDeliveryPutter({ ...options, isAccepting });

  return {
    ...putter,
    get isAccepting() {
      return isAccepting();
    },
    async start() {
      if (!options.hasHandlers()) return checkStore();
      starting ??= begin();
      try {
        await starting;
      } catch (error) {
        starting = undefined; // After this, start() can be called again.
        throw error;
      }
    },
    async close({ timeoutMs }) {
      const endsAtMs = performance.now() + timeoutMs;
      await putter.settleUnstored();
      await inbox.close({ timeoutMs: Math.max(0, endsAtMs - performance.now()) });
    },
    health: async () => inbox.health(),
  };
}
