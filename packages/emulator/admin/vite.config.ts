import type { UserConfig } from 'vite';
import { pageConfig } from '../../ui/build/page-config.ts';

const config: UserConfig = pageConfig(import.meta.url, 'admin');

export default config;
