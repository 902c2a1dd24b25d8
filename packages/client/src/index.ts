export type { CallOptions } from './api.ts';
export type { Assumptions } from './assumptions.ts';
export type {
  AuthorizationCodeAuth,
  PasswordAuth,
  PersonalTokenAuth,
  RefreshTokenAuth,
  ShowpadAuth,
  TokenFunction,
} from './auth.ts';
export { createShowpadWebhooksClient, type ShowpadWebhooksClient, type SubscriptionsApi } from './client.ts';
export { type ErrorMeta, ShowpadApiError } from './error.ts';
export type { Hooks, RequestInfo, RetryOptions, ShowpadWebhooksClientOptions } from './options.ts';
export type { PageOptions } from './pages.ts';
export type { SyncStep, WantedSubscription } from './plan.ts';
export {
  CreatedSubscription,
  type LogEntry,
  type NewSubscription,
  type Subscription,
  type SubscriptionChanges,
  type SubscriptionHeader,
  type SubscriptionMethod,
} from './subscription.ts';
export type { EnsureOptions, EnsureResult, SaveKey, SyncOptions } from './sync.ts';
export { createMemoryTokenStore, type TokenSet, type TokenStore } from './token-store.ts';
