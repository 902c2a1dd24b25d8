import { expect, test } from 'vitest';
import { type FailoverOptions, type FailoverReport, failOver } from './failover.ts';
import { GROUPS, type Group } from './groups.ts';

const WAIT = { count: 1, timeoutMs: 300 };
/** A delivery has an answer after 2.5 s. The rest is for a busy machine. */
const LONGEST_MS = 10_000;

/** Lets a replica take over once, and checks what holds for every failover. That it ends says that the apps recovered. */
async function failOverOnce(kind: Group['kind'], options: FailoverOptions): Promise<FailoverReport> {
  const group = await GROUPS[kind]({ downAfterMs: 1_000 });
  try {
    const report = await failOver(group, options);
    const refusals = Object.keys(report.answers).filter((answer) => !answer.startsWith('2'));
    expect(refusals.filter((answer) => !answer.startsWith('503 '))).toEqual([]);
    expect(report.slowestMs).toBeLessThan(LONGEST_MS);
    expect(report.atOnce).toEqual([]);
    return report;
  } finally {
    await group.remove();
  }
}

/** What holds with Sentinel and on a Cluster. */
export function defineFailoverTests(kind: Group['kind']): void {
  test('the inbox loses nothing that a replica has confirmed, although the replicas are cut off before', async () => {
    const { lost, acknowledged, health } = await failOverOnce(kind, {
      store: 'inbox',
      end: 'killed',
      isCutOff: true,
      waitReplicas: WAIT,
    });
    expect(lost).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(health).toMatchObject({
      before: { isReady: true, problems: [] },
      during: { isReady: false },
      after: { isReady: true, problems: [] },
    });
  });

  test('the inbox leaves a master that hangs', async () => {
    const { acknowledged } = await failOverOnce(kind, { store: 'inbox', end: 'hanging', isCutOff: false });
    expect(acknowledged.length).toBeGreaterThan(10);
  });

  test('the ledger leaves a master that hangs', async () => {
    const { lost } = await failOverOnce(kind, { store: 'ledger', end: 'hanging', isCutOff: false });
    expect(lost).toEqual([]);
  });
}
