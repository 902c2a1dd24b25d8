export * from '@showpad-webhooks/core';
export type { KoaContext, ShowpadState } from './context.ts';
export { type MiddlewareOptions, type ShowpadMiddleware, showpadWebhooks } from './middleware.ts';
