import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import { createReceiver } from '@showpad-webhooks/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ENGINES } from './servers.ts';
import { KEY } from './support.ts';

describe.each(ENGINES)('$engine', ({ engine, isInstalled, start, sourceOf }) => {
  type Settings = readonly [Readonly<Record<string, string>>, readonly RegExp[]];
  const unsafe: Record<typeof engine, readonly Settings[]> = {
    redis: [
      [{}, []],
      [{ appendfsync: 'everysec' }, [/^Redis has appendfsync everysec, .*Set it to always\.$/]],
      [
        { appendonly: 'no', 'maxmemory-policy': 'allkeys-lru' },
        [
          /^Redis has maxmemory-policy allkeys-lru, .*Set it to noeviction\.$/,
          /^Redis has appendonly no, .*Set it to yes\.$/,
        ],
      ],
    ],
  };

  test.skipIf(!isInstalled).each(unsafe[engine])(
    'started with %j: start() and health() say what could lose events',
    async (settings, patterns) => {
      const server = await start(settings);
      onTestFinished(() => server.remove());
      const inbox = createBullmqInbox(sourceOf(server));
      const reported: string[] = [];
      const receiver = createReceiver({ keys: KEY, inbox }).onError(({ cause }) =>
        reported.push(`${(cause as Error).message}`),
      );
      await receiver.start();
      const { problems } = await inbox.health();
      for (const messages of [reported, problems]) {
        expect(messages).toEqual(patterns.map((pattern) => expect.stringMatching(pattern)));
      }
      await receiver.close();
    },
    60_000,
  );
});
