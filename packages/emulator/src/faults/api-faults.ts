import type { ApiKinds } from './kinds.ts';

/** What a fault does to a response of the API. */
export interface ApiEffect {
  readonly latencyMs?: number;
  readonly isTokenExpired?: boolean;
  readonly isAnswerLost?: boolean;
  readonly refusal?: Refusal;
}

/** A response in place of the API's own. */
export interface Refusal {
  readonly status: number;
  readonly title: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface ApiFault<Params> {
  readonly description: string;
  readonly effect: (params: Params) => ApiEffect;
}

/** What each kind of fault does to a request to the API. */
export const API_FAULTS: { readonly [Kind in keyof ApiKinds]: ApiFault<ApiKinds[Kind]> } = {
  latency: {
    description: 'Delays the response, in real time.',
    effect: ({ ms }) => ({ latencyMs: ms }),
  },
  unauthorized: refusal('Responds with 401.', 401, 'Unauthorized'),
  forbidden: refusal('Responds with 403.', 403, 'Forbidden'),
  'not-found': refusal('Responds with 404.', 404, 'Not found'),
  conflict: refusal('Responds with 409.', 409, 'Conflict'),
  'rate-limit': {
    description: 'Responds with 429 and the header Retry-After.',
    effect: ({ retryAfterSeconds }) => ({
      refusal: {
        status: 429,
        title: 'Too many requests',
        headers: { 'retry-after': `${retryAfterSeconds}` },
      },
    }),
  },
  'rate-limit-silent': refusal(
    'Responds with 429, without the header Retry-After.',
    429,
    'Too many requests',
  ),
  'server-error': {
    description: 'Responds with a 5xx.',
    effect: ({ status }) => ({ refusal: { status, title: 'Server error' } }),
  },
  'lost-answer': {
    description: 'Does what the request asks, and closes the connection before the response.',
    effect: () => ({ isAnswerLost: true }),
  },
  'expired-token': {
    description: 'Treats the access token or refresh token as expired.',
    effect: () => ({ isTokenExpired: true }),
  },
};

function refusal(description: string, status: number, title: string): ApiFault<unknown> {
  return { description, effect: () => ({ refusal: { status, title } }) };
}
