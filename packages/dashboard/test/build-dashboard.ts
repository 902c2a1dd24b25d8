import { fileURLToPath } from 'node:url';
import { buildPage } from '@showpad-webhooks/ui/testing/build-page.ts';

const PAGE_FOLDER: string = fileURLToPath(new URL('../dist/page/', import.meta.url));

export function buildDashboard(): Promise<void> {
  return buildPage(fileURLToPath(new URL('../page/vite.config.ts', import.meta.url)), PAGE_FOLDER);
}
