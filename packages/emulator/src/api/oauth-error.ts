import type { EmulatorAssumptions } from '../assumptions.ts';

interface OAuthError {
  readonly status: number;
  readonly code: string;
  readonly description: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Writes an OAuth error in one of the two shapes that Showpad may use. */
export function oauthErrorResponse(
  { status, code, description, headers }: OAuthError,
  shape: EmulatorAssumptions['oauthErrors'],
): Response {
  const body =
    shape === 'v3'
      ? { response: { code: status, name: code, message: description } }
      : { error: code, error_description: description };
  return Response.json(body, {
    status,
    headers: {
      'cache-control': 'no-store',
      ...(status === 401 && { 'www-authenticate': 'Basic realm="showpad"' }),
      ...headers,
    },
  });
}
