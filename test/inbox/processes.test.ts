import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { entriesOf, linesOf, run, runWorker } from './crash.ts';
import { createTarget, ENGINES, isInstalled, openInbox } from './engines.ts';
import { createRunReader, machineMs } from './runs.ts';

const PROCESSES = [1, 2, 3];
const EVENTS = 100;

describe.each(ENGINES)('three processes on one store, %s', (engine) => {
  test.skipIf(!isInstalled(engine))(
    'store at once, and handle each event once',
    async () => {
      const { target, remove } = await createTarget(engine);
      onTestFinished(remove);
      const argument = JSON.stringify(target);

      const acknowledged = new Set<string>();
      await Promise.all(
        PROCESSES.map(async (process) => {
          const writer = run('writer.ts', argument, String(process * 1_000_000));
          let count = 0;
          await linesOf(writer, (line) => {
            acknowledged.add(`event-${line}`);
            if (++count === EVENTS) writer.kill('SIGKILL');
          });
        }),
      );
      const inbox = openInbox(target);
      onTestFinished(() => inbox.close({ timeoutMs: 0 }));
      const stored = new Set<string>();
      for await (const { id } of entriesOf(inbox)) stored.add(id);
      expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);

      const readers = PROCESSES.map(createRunReader);
      // BullMQ hands out some events once more while the clocks of its workers step.
      const clock = engine === 'sqlite' ? 'steps' : 'real';
      const workers = PROCESSES.map(() => runWorker(target, clock));
      const ended = workers.map((worker, index) => linesOf(worker, (line) => readers[index]?.take(line)));
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ pending: 0, leased: 0 }));
      for (const worker of workers) worker.kill('SIGKILL');
      await Promise.all(ended);
      const { done, dead } = await inbox.counts();
      expect(dead).toBe(0);
      const begun = readers.flatMap(({ end }) => end(machineMs())).map(({ id }) => id);
      expect(begun.length).toBe(done);
      expect(new Set(begun).size).toBe(done);
    },
    60_000,
  );
});
