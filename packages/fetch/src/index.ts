export * from '@showpad-webhooks/core';
export { createFetchHandler, type FetchHandler, type FetchRequest } from './create-fetch-handler.ts';
