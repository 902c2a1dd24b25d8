import { findServer } from '@showpad-webhooks/servers';
import { describe } from 'vitest';
import { defineFailoverTests } from './failover-suite.ts';

describe.skipIf(!findServer('redis-server'))('while a replica takes over with Sentinel', () => {
  defineFailoverTests('Sentinel');
});
