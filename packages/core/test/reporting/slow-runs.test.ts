import { describe, expect, test } from 'vitest';
import { type CommonProbeOptions, delivery, memoryLogger, probe, settled, TYPE } from '../support.ts';
import { processWarnings } from './process-warnings.ts';

const warnings = processWarnings();

/** Half of the default timeout is 5,000 ms. */
const SLOW_MS = 5_001;
const MESSAGE =
  'The handler "updateCrm" took longer than 5000 ms in more than 1 of 20 runs. Showpad gives up after about 15 s, so use an inbox.';
const quick = (count: number) => Array.from({ length: count }, () => 10);

/** Delivers events whose handler takes the given times by the receiver's clock. */
async function run(durationsMs: readonly number[], options: CommonProbeOptions = {}) {
  let nowMs = Date.now();
  const { receiver } = probe({ clock: () => nowMs, ...options });
  let index = 0;
  receiver.on(TYPE, function updateCrm() {
    nowMs += durationsMs[index++] ?? 0;
  });
  for (const [event] of durationsMs.entries()) {
    const timestampSeconds = Math.floor(nowMs / 1000);
    const { outcome } = await receiver.receive(delivery(`event-${event}`, { timestampSeconds }));
    expect(outcome).toBe('handled');
  }
}

describe('a handler that often needs more than half of its time is reported', () => {
  test('once, if more than 1 of 20 runs are slow', async () => {
    const { logger, lines } = memoryLogger();
    await run([...quick(18), SLOW_MS, SLOW_MS, SLOW_MS, SLOW_MS], { logger });
    expect(lines.filter(({ handlerName }) => handlerName === 'updateCrm')).toMatchObject([
      { receiverName: 'default', level: 40, msg: MESSAGE },
    ]);
  });

  test('as soon as there are 20 runs', async () => {
    const { logger, lines } = memoryLogger();
    await run([SLOW_MS, SLOW_MS, ...quick(17), SLOW_MS], { logger });
    expect(lines.filter(({ msg }) => msg === MESSAGE)).toHaveLength(1);
  });

  test('as a warning of the process if there is no logger', async () => {
    await run([...quick(18), SLOW_MS, SLOW_MS]);
    expect(await warnings.has(1)).toMatchObject([
      { name: 'ShowpadWebhooksWarning', code: 'HANDLER_SLOW', message: MESSAGE },
    ]);
  });

  test.each([
    ['one slow run of 20', [...quick(19), SLOW_MS]],
    ['two slow runs of 40', [SLOW_MS, ...quick(38), SLOW_MS]],
    ['fewer than 20 runs', [...quick(2), ...Array.from({ length: 17 }, () => SLOW_MS)]],
    ['runs of just half of its time', [...quick(15), ...Array.from({ length: 5 }, () => SLOW_MS - 1)]],
  ])('but not for %s', async (_title, durationsMs) => {
    const { logger, lines } = memoryLogger();
    await run(durationsMs, { logger });
    expect(lines.filter(({ level }) => level === 40)).toEqual([]);
  });

  test('each for itself', async () => {
    const { logger, lines } = memoryLogger();
    let nowMs = Date.now();
    const { receiver } = probe({ logger, clock: () => nowMs });
    const slow = () => {
      nowMs += SLOW_MS;
    };
    receiver
      .on(TYPE, slow, { name: 'crm' })
      .on(TYPE, () => {}, { name: 'mail' })
      .on(TYPE, slow, { name: 'lms' });
    for (let event = 0; event < 20; event++) {
      const timestampSeconds = Math.floor(nowMs / 1000);
      await receiver.receive(delivery(`event-${event}`, { timestampSeconds }));
    }
    const reported = lines.filter(({ level }) => level === 40).map(({ handlerName }) => handlerName);
    expect(reported).toEqual(['crm', 'lms']);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('The log is full.');
      },
    ],
    ['rejects', () => Promise.reject(new Error('The log is full.'))],
  ])('and a logger that %s changes no response', async (_how, warn) => {
    const { logger } = memoryLogger();
    await run([...quick(18), SLOW_MS, SLOW_MS], { logger: { ...logger, warn, info() {} } });
    await settled();
  });
});
