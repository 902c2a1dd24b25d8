export * from '@showpad-webhooks/core';
export { createFetchHandler, type FetchHandler } from './create-fetch-handler.ts';
export type { FetchRequest } from './fetch-request.ts';
