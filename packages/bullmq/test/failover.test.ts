import { findServer } from '@showpad-webhooks/servers';
import { describe, expect, test } from 'vitest';
import { type FailoverOptions, type FailoverReport, failOver } from './failover.ts';
import { GROUPS } from './groups.ts';

const WAIT = { count: 1, timeoutMs: 300 };
/** A delivery has an answer after 2.5 s. The rest is for a busy machine. */
const LONGEST_MS = 10_000;

describe.skipIf(!findServer('redis-server')).concurrent.each(GROUPS)(
  'while a replica takes over on $kind',
  ({ start }) => {
    async function failOverOnce(options: FailoverOptions): Promise<FailoverReport> {
      const group = await start();
      try {
        return await failOver(group, options);
      } finally {
        await group.remove();
      }
    }

    /** What holds for every failover. It also says that the app recovered: it would not have ended otherwise. */
    function expectPatience({ answers, atOnce, slowestMs }: FailoverReport): void {
      const refusals = Object.keys(answers).filter((answer) => !answer.startsWith('2'));
      expect(refusals.filter((answer) => !answer.startsWith('503 '))).toEqual([]);
      expect(slowestMs).toBeLessThan(LONGEST_MS);
      expect(atOnce).toEqual([]);
    }

    test('the inbox loses nothing that a replica has confirmed, although the replicas are cut off before', async () => {
      const report = await failOverOnce({
        store: 'inbox',
        end: 'killed',
        isCutOff: true,
        waitReplicas: WAIT,
      });
      expectPatience(report);
      expect(report.lost).toEqual([]);
      expect(report.acknowledged.length).toBeGreaterThan(10);
      expect(report.health).toMatchObject({
        before: { isReady: true, problems: [] },
        during: { isReady: false },
        after: { isReady: true, problems: [] },
      });
    });

    test('the inbox loses what no replica had if it does not wait, and health() said so before', async () => {
      const report = await failOverOnce({ store: 'inbox', end: 'killed', isCutOff: true });
      expectPatience(report);
      expect(report.lost.length).toBeGreaterThan(0);
      expect(report.atRisk).toEqual(expect.arrayContaining([...report.lost]));
      expect(report.health.before.problems).toEqual([
        expect.stringMatching(/^Redis has \d replicas? and does not wait for any/),
      ]);
    });

    test('the inbox leaves a master that hangs', async () => {
      const report = await failOverOnce({ store: 'inbox', end: 'hanging', isCutOff: false });
      expectPatience(report);
      expect(report.lost).toEqual([]);
    });

    test('the ledger leaves a master that hangs', async () => {
      const report = await failOverOnce({ store: 'ledger', end: 'hanging', isCutOff: false });
      expectPatience(report);
      expect(report.lost).toEqual([]);
    });
  },
);
