import { describe, expect, test } from 'vitest';
import { failOverToAsynchronousReplica, failOverToSynchronousReplica } from './failover.ts';
import { FAULTS, runFaults } from './faults.ts';
import { isInstalled } from './support.ts';

describe.skipIf(!isInstalled)('each acknowledged event has its effect exactly once', () => {
  test('while Postgres is killed, restarted, stopped, locked, full of connections, and serializable by default', async () => {
    const report = await runFaults(Object.values(FAULTS), 1);
    expect(report).toMatchObject({ missing: [], doubled: [] });
    expect(report.acknowledged).toBeGreaterThan(20);
  });

  test('after a failover to a replica that the server waits for', async () => {
    const { problems, acknowledged, missing, doubled } = await failOverToSynchronousReplica();
    expect({ problems, missing, doubled }).toEqual({ problems: [], missing: [], doubled: [] });
    expect(acknowledged.length).toBeGreaterThan(20);
  });

  test('after a failover to another replica, except what came after the replica was cut off, and health() said so', async () => {
    const { problems, atRisk, missing, doubled } = await failOverToAsynchronousReplica();
    expect(problems).toEqual([expect.stringContaining('waits for none of them')]);
    expect(missing).toEqual(atRisk);
    expect(atRisk.length).toBeGreaterThan(0);
    expect(doubled).toEqual([]);
  });
});
