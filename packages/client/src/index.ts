export { createClient, type ShowpadClient } from './client.ts';
export { type ApiErrorCode, type ApiErrorDetails, type FieldProblem, ShowpadApiError } from './error.ts';
export type { CallOptions } from './http/api.ts';
export type { AttemptInfo, ClientHooks, ResponseInfo, RetryInfo } from './http/hooks.ts';
export type { PageOptions } from './http/pages.ts';
export type { RetryOptions } from './http/retry.ts';
export type { ApiLocation } from './http/urls.ts';
export type {
  AuthorizationCodeAuth,
  ClientAuth,
  GrantAuth,
  OAuthClient,
  PasswordAuth,
  PersonalTokenAuth,
  RefreshTokenAuth,
  TokenProvider,
} from './oauth/auth.ts';
export { createMemoryTokenStore, type TokenSet, type TokenStore } from './oauth/token-store.ts';
export type { CommonClientOptions, ShowpadClientOptions } from './options.ts';
export type { ClientAssumptions } from './subscriptions/assumptions.ts';
export type { SyncStep, WantedSubscription } from './subscriptions/plan.ts';
export type {
  CreatedSubscription,
  LogEntry,
  NewSubscription,
  Subscription,
  SubscriptionChanges,
  SubscriptionHeader,
  SubscriptionMethod,
} from './subscriptions/subscription.ts';
export type { SubscriptionsApi } from './subscriptions/subscriptions-api.ts';
export type { EnsureOptions, EnsureResult, SaveKey, SyncOptions } from './subscriptions/sync.ts';
