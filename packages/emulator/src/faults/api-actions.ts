import type { ApiAction, ApiFault, FaultParams } from './actions.ts';

function action<Params extends FaultParams>(
  kind: string,
  description: string,
  params: Params,
  fault: (params: Params) => ApiFault,
): ApiAction {
  return { kind, description, params, fault };
}

const refuse =
  (status: number, title: string): (() => ApiFault) =>
  () => ({ refusal: { status, title } });

/** What can go wrong with a request to the API. */
export const API_ACTIONS: readonly ApiAction[] = [
  action('latency', 'The answer takes its time, of real time.', { ms: 1_000 }, ({ ms }) => ({
    latencyMs: ms,
  })),
  action('unauthorized', '401', {}, refuse(401, 'Unauthorized')),
  action('forbidden', '403', {}, refuse(403, 'Forbidden')),
  action('not-found', '404', {}, refuse(404, 'Not found')),
  action('conflict', '409', {}, refuse(409, 'Conflict')),
  action('rate-limit', '429, with a Retry-After', { retryAfterSeconds: 1 }, ({ retryAfterSeconds }) => ({
    refusal: { status: 429, title: 'Too many requests', headers: { 'retry-after': `${retryAfterSeconds}` } },
  })),
  action('rate-limit-silent', '429, without a Retry-After', {}, refuse(429, 'Too many requests')),
  action('server-error', 'A 5xx', { status: 503 }, ({ status }) => ({
    refusal: { status, title: 'Server error' },
  })),
  action(
    'lost-answer',
    'The request takes effect, and the connection is closed before the answer.',
    {},
    () => ({
      isAnswerLost: true,
    }),
  ),
  action('expired-token', 'The access or refresh token has expired.', {}, () => ({ isTokenExpired: true })),
];
