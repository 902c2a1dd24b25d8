import type { UserConfig } from 'vite';
import { pageConfig } from '../../ui/build/page-config.ts';

const config: UserConfig = pageConfig(import.meta.url, 'page', 'dashboard');

export default config;
