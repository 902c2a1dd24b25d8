import type { Inbox, InboxHealth } from '../inbox/types.ts';
import { messageOf } from '../shared/error.ts';
import { hashText } from '../shared/hash.ts';
import { withDeadline } from '../shared/promise.ts';
import { quote } from '../shared/text.ts';
import type { Finding, InboxAlertDetails, InboxCondition } from './alert.ts';
import { createSilenceWatch } from './silence.ts';

export interface Limits {
  readonly maxDeadLetters: number;
  readonly maxLagMs: number;
  readonly maxSilenceMs: Readonly<Record<string, number>>;
}

/** What one look at an inbox has found. */
export interface Look {
  readonly found: readonly Finding[];
  /** False if this look could not see whether the condition holds. */
  isKnown(condition: InboxCondition): boolean;
}

/** Makes a function that says which conditions hold. It never rejects. */
export function createFinder(
  inbox: Inbox,
  { maxDeadLetters, maxLagMs, maxSilenceMs }: Limits,
  clock: () => number,
): () => Promise<Look> {
  const name = `The inbox ${quote(inbox.name)}`;
  const silence = createSilenceWatch(inbox, maxSilenceMs, clock);

  const finding = (
    details: InboxAlertDetails,
    begunText: string,
    endedText: string,
    subject = '',
  ): Finding => ({
    ...details,
    subject,
    begunText: `${name} ${begunText}`,
    endedText: `${name} ${endedText}`,
  });

  function findInHealth({ isWritable, lagMs, problems }: InboxHealth): Finding[] {
    const found: Finding[] = [];
    if (lagMs > maxLagMs) {
      const begun =
        `is behind: an event has been waiting for ${inWords(lagMs)}. Check that the app runs, that it calls ` +
        'receiver.start(), and that its handlers are neither slow nor failing.';
      found.push(finding({ condition: 'lag', data: { lagMs } }, begun, 'has caught up.'));
    }
    if (isWritable === false) {
      const problem = problems.join(' ');
      const begun = `cannot store events, and Showpad sends each one for about 15 s only. ${problem}`;
      const details = { condition: 'cannot-store', data: { problem } } as const;
      return [...found, finding(details, begun, 'can store events again.')];
    }
    for (const problem of problems) {
      const details = { condition: 'problem', data: { problem } } as const;
      // The numbers in a problem may change while it is the same problem.
      const subject = hashText(problem.replace(/\d+/g, '#'), 'hex').slice(0, 12);
      found.push(
        finding(
          details,
          `reports a problem. ${problem}`,
          `does not report this any more: ${problem}`,
          subject,
        ),
      );
    }
    return found;
  }

  async function findDeadLetters(): Promise<Finding[]> {
    // To count a large inbox takes long, and usually nothing is dead.
    const { items } = await inbox.list({ state: 'dead', limit: 1 });
    const deadLetters = items.length === 0 ? 0 : (await inbox.counts()).dead;
    if (deadLetters <= maxDeadLetters) return [];
    const begun =
      `holds ${deadLetters} dead ${deadLetters === 1 ? 'letter' : 'letters'}. Nobody handles them until they are ` +
      'retried. "showpad-webhooks inbox list" says why they died.';
    const ended = maxDeadLetters === 0 ? 'holds no dead letter any more.' : 'holds few dead letters again.';
    return [finding({ condition: 'dead-letters', data: { deadLetters } }, begun, ended)];
  }

  async function findSilence(): Promise<Finding[]> {
    return (await silence.findSilent()).map((type) => {
      const maxMs = maxSilenceMs[type] ?? 0;
      const begun =
        `has received no event of type ${quote(type)} for ${inWords(maxMs)}. Check that Showpad has an active subscription ` +
        'for it, and what Showpad logs: "showpad-webhooks subscriptions logs".';
      const ended = `receives events of type ${quote(type)} again.`;
      return finding({ condition: 'silence', data: { type, maxSilenceMs: maxMs } }, begun, ended, type);
    });
  }

  async function readHealth(): Promise<InboxHealth> {
    const health = await withDeadline(inbox.health());
    if (!health.isReachable) throw new Error(health.problems.join(' '));
    return health;
  }

  return async () => {
    try {
      const health = await readHealth();
      const found = [
        ...findInHealth(health),
        ...(await withDeadline(findDeadLetters())),
        ...(await findSilence()),
      ];
      // While nothing can be stored, the problems say why, and the alert `cannot-store` contains them.
      const isKnown = (condition: InboxCondition) => condition !== 'problem' || health.isWritable !== false;
      return { found, isKnown };
    } catch (cause) {
      const problem = messageOf(cause);
      const details = { condition: 'unreachable', data: { problem } } as const;
      const found = [finding(details, `cannot be reached. ${problem}`, 'can be reached again.')];
      return { found, isKnown: () => false };
    }
  };
}

function inWords(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}
