import { backfill } from '@showpad-webhooks/core/backfill';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { expectTypeOf, test } from 'vitest';
import * as z from 'zod';

const common = { name: 'sync', liveSinceMs: 1 };

test('the handler gets events of the type', () => {
  void backfill(createMemoryInbox(), {
    ...common,
    type: 'shared-space-user-added',
    handler: ({ type, data }) => {
      expectTypeOf(type).toEqualTypeOf<'shared-space-user-added'>();
      expectTypeOf(data.invitee.email).toEqualTypeOf<string>();
    },
  });
  void backfill(createMemoryInbox(), {
    ...common,
    type: ['shared-space-user-added', 'shared-space-created'],
    handler: ({ type }) => {
      expectTypeOf(type).toEqualTypeOf<'shared-space-user-added' | 'shared-space-created'>();
    },
  });
  void backfill(createMemoryInbox(), {
    ...common,
    type: 'deal-won',
    schemas: { 'deal-won': z.object({ amount: z.number() }) },
    handler: ({ data }) => expectTypeOf(data.amount).toEqualTypeOf<number>(),
  });
  // @ts-expect-error Nobody knows this type.
  void backfill(createMemoryInbox(), { ...common, type: 'deal-lost', handler() {} });
});
