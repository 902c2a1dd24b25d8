import type { InboxEntry } from '@showpad-webhooks/core/inbox';

export const TYPE = 'shared-space-user-added';

export function entryOf(id: string, overrides: Partial<InboxEntry> = {}): InboxEntry {
  return {
    id,
    type: TYPE,
    body: Buffer.from('{}'),
    bodyDigest: 1,
    method: 'POST',
    url: '/',
    headers: {},
    timestampSeconds: 1,
    keyLabel: undefined,
    receivedAtMs: Date.now(),
    error: undefined,
    ...overrides,
  };
}
