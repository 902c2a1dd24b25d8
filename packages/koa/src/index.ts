export * from '@showpad-webhooks/core';
export type { RouteSource, ShowpadWebhooksOptions } from '@showpad-webhooks/core/node';
export type { KoaContext, ShowpadMiddleware, ShowpadState } from './context.ts';
export { showpadHandler } from './showpad-handler.ts';
export { showpadWebhooks } from './showpad-webhooks.ts';
