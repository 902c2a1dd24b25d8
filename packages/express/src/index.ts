export * from '@showpad-webhooks/core';
export type {
  NodeHandler as ShowpadMiddleware,
  RouteSource,
  ShowpadWebhooksOptions,
} from '@showpad-webhooks/core/node';
export { captureRawBody } from './capture-raw-body.ts';
export { showpadHandler } from './showpad-handler.ts';
export { showpadWebhooks } from './showpad-webhooks.ts';
