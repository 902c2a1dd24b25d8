import type { EventJson } from '@showpad-webhooks/core/testing';
import type { EmulatorAssumptions } from './assumptions.ts';

/**
 * Showpad's "Content added to Shared Space (V2)". Only its display name is documented, and in prose that it is batched and
 * has an `initiator`. Its type and its fields are inferred, so an assumption says what they are.
 */
export function contentAdded({
  contentAddedType: type,
  contentAddedItems: count,
}: EmulatorAssumptions): EventJson {
  const items = Array.from({ length: count }, (_, index) => ({
    id: (index + 1).toString(16).padStart(32, '0'),
    name: `Item ${index + 1}`,
  }));
  return {
    type,
    specversion: 1,
    id: '3f2b9c1e-7d54-4a0e-9b1f-6c8d2e5a7f10',
    time: '2026-01-05T08:30:00.000Z',
    data: {
      sharedSpace: { id: '14aade8219854ed5b096b759e036e646', name: 'Breakfast Service' },
      initiator: {
        type: 'PARTICIPANT',
        userId: '8463e2b6c0c44715b20b2fd65201bfae',
        shareActorId: 'f4ce56f640d94e8490d7ee3bf2d41784',
        email: 'kent.cook@showpad.com',
      },
      items,
    },
  };
}
