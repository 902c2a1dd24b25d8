import { fileURLToPath } from 'node:url';
import type { UserConfig } from 'tsdown';
import { withPage } from '../ui/build/with-page.ts';

const config: UserConfig = withPage(fileURLToPath(new URL('page/vite.config.ts', import.meta.url)));

export default config;
