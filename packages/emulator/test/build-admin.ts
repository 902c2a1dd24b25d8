import { fileURLToPath } from 'node:url';
import { buildPage } from '@showpad-webhooks/ui/testing/build-page.ts';

export const ADMIN_FOLDER: string = fileURLToPath(new URL('../dist/admin/', import.meta.url));

export function buildAdmin(): Promise<void> {
  return buildPage(fileURLToPath(new URL('../admin/vite.config.ts', import.meta.url)), ADMIN_FOLDER);
}
