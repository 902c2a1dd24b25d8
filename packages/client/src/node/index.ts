export { createFileTokenStore, type FileTokenStoreOptions } from './file-token-store.ts';
