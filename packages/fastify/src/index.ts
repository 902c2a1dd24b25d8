export * from '@showpad-webhooks/core';
export { type ShowpadPluginOptions, showpadWebhooks } from './showpad-webhooks.ts';
