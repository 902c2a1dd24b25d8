import { expect, test } from 'vitest';
import type { CreateServer } from './server.ts';
import { deliver, expectAnswer, signed, TYPE, useServers } from './support.ts';

export function duplicates(createServer: CreateServer): void {
  const start = useServers(createServer);

  test('runs the handler once for 20 copies at the same time', async () => {
    const server = await start();
    let runs = 0;
    let letGo = () => {};
    const othersAnswered = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    server.receiver.on(TYPE, async () => {
      runs++;
      await othersAnswered;
    });
    const delivery = signed();
    let refused = 0;
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const answer = await deliver(server, delivery);
        // The handler ends only when all the others have their answers.
        if (answer.status === 503 && ++refused === 19) letGo();
        return answer;
      }),
    );
    expect(runs).toBe(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expectAnswer(answer, 503, 'unavailable', 'IN_PROGRESS');
    }
    expectAnswer(await deliver(server, delivery), 200, 'duplicate');
  });

  test('runs the handler for each of 50 different events', async () => {
    const server = await start();
    const ids = new Set<string>();
    server.receiver.on(TYPE, (event) => ids.add(event.id));
    const answers = await Promise.all(Array.from({ length: 50 }, () => deliver(server, signed())));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(ids.size).toBe(50);
  });
}
