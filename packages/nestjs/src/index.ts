export * from '@showpad-webhooks/core';
export { SHOWPAD_CONTEXT_TYPE } from './handler.call.ts';
export type { OnShowpadEventOptions } from './handler.metadata.ts';
export {
  createOnShowpadEvent,
  OnShowpadEvent,
  type OnShowpadEventOf,
  type ShowpadEventDecorator,
} from './on-showpad-event.decorator.ts';
export { getShowpadReceiverToken, InjectShowpadReceiver } from './showpad-receiver.token.ts';
export { ShowpadWebhooksModule } from './showpad-webhooks.module.ts';
export type {
  ShowpadWebhooksAsyncOptions,
  ShowpadWebhooksFactoryOptions,
  ShowpadWebhooksOptions,
  ShowpadWebhooksOptionsFactory,
} from './showpad-webhooks.options.ts';
