export * from '@showpad-webhooks/core';
export { captureRawBody } from './capture-raw-body.ts';
export {
  type ExpressRequest,
  type MiddlewareOptions,
  type ShowpadMiddleware,
  showpadWebhooks,
} from './middleware.ts';
