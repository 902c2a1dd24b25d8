import { createReceiver, type EventOf, type ShowpadEventMap } from '@showpad-webhooks/core';
import { skipOlder } from '@showpad-webhooks/core/ordering';
import { expectTypeOf, test } from 'vitest';

test('skipOlder takes the type of the event from where it is registered', () => {
  const receiver = createReceiver({ keys: 'a-signature-key' });
  receiver.on(
    'shared-space-user-added',
    skipOlder(
      { keyOf: (event) => event.data.sharedSpace.id, timeOf: ({ date }) => date },
      (event, { attempt }) => {
        expectTypeOf(event).toEqualTypeOf<EventOf<ShowpadEventMap, 'shared-space-user-added'>>();
        expectTypeOf(attempt).toBeNumber();
      },
    ),
  );
  const handler = () => {};
  // @ts-expect-error There is no such field.
  const keyOf = ({ data }: EventOf<ShowpadEventMap, 'shared-space-user-added'>) => data.nothing;
  receiver.on('shared-space-user-added', skipOlder({ keyOf }, handler));
  // @ts-expect-error Without keyOf, nobody knows what is older than what.
  receiver.on('shared-space-user-added', skipOlder({}, handler));
});
