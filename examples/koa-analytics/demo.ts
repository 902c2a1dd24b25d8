import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleEvent } from '@showpad-webhooks/koa/testing';
import { openStage } from './stage.ts';

/** Sends a few events, each to two instances of the app, and shows what was counted. */
export async function runDemo(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'showpad-analytics-'));
  const { send, stats, showpad, close } = await openStage(join(folder, 'analytics.db'), console.log);
  const { data } = sampleEvent('shared-space-user-added');

  await send('shared-space-created');
  for (const userId of ['kent', 'francis', 'kent']) {
    await send('shared-space-user-added', { data: { ...data, invitee: { ...data.invitee, userId } } });
  }
  await send('COURSE_COMPLETED');
  await send('asset-viewed', { data: { assetId: 'of a type without documentation, which is counted too' } });

  console.log(
    `Two instances received ${(await showpad.attempts()).length} deliveries of 6 events. GET /stats:`,
  );
  console.log(await stats());
  await close();
  rmSync(folder, { recursive: true });
}
