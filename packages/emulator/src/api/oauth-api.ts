import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { Engine } from '../engine.ts';
import { EmulatorProblem } from '../problem.ts';
import { allowOnly } from './allow-only.ts';
import { breakRequests, type FaultVariables } from './break-requests.ts';
import { oauthErrorResponse } from './oauth-error.ts';
import { readBodyText } from './read-request.ts';

const CODE_SECONDS = 60;

type OAuthContext = Context<FaultVariables>;

/** Showpad's OAuth 2.0 endpoints (docs/showpad.md, "Subscriptions"), as openapi.json describes them. */
export function oauthApi(engine: Engine): Hono<FaultVariables> {
  const api = new Hono<FaultVariables>();
  const { settings, tokens, targets } = engine;
  const fail = (status: 400 | 401, code: string, description: string) =>
    oauthErrorResponse({ status, code, description }, engine.assumptions.oauthErrors);

  api.use(
    breakRequests(engine, 'oauth', (_context, { status, headers = {} }) => {
      const code = status >= 500 ? 'server_error' : 'invalid_request';
      const error = { status, code, description: 'This response comes from a fault rule.', headers };
      return oauthErrorResponse(error, engine.assumptions.oauthErrors);
    }),
  );

  api.post('/token', async (context) => {
    const form = await readForm(context);
    const { clientId, clientSecret, username, password } = settings.oauth;
    const client = credentialsOf(context, form);
    if (client.id !== clientId || client.secret !== clientSecret) {
      return fail(401, 'invalid_client', 'The client id or the client secret is wrong.');
    }
    switch (form.get('grant_type')) {
      case 'password':
        if (form.get('username') === username && form.get('password') === password) return grant(form);
        return fail(400, 'invalid_grant', 'The user name or the password is wrong.');
      case 'refresh_token': {
        const isGood =
          !context.get('isTokenExpired') && tokens.use('refresh', form.get('refresh_token') ?? '');
        return isGood
          ? grant(form)
          : fail(400, 'invalid_grant', 'The refresh token is unknown, was used before, or has expired.');
      }
      case 'authorization_code': {
        const code = tokens.use('code', form.get('code') ?? '');
        if (code && code.redirectUri === form.get('redirect_uri')) return grant(form);
        return fail(
          400,
          'invalid_grant',
          'The code is unknown, was used before, has expired, or belongs to another redirect_uri.',
        );
      }
      default:
        return fail(
          400,
          'unsupported_grant_type',
          'grant_type must be password, refresh_token or authorization_code.',
        );
    }
  });

  api.get('/authorize', (context) => {
    const request = readAuthorization(new URLSearchParams(context.req.query()));
    return context.html(authorizePage(request), 200, {
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
    });
  });
  api.post('/authorize', async (context) => {
    const form = await readForm(context);
    const { redirect_uri, state } = readAuthorization(form);
    const back = new URL(redirect_uri);
    if (form.get('answer') === 'allow') {
      back.searchParams.set('code', tokens.issue('code', CODE_SECONDS, redirect_uri).value);
    } else {
      back.searchParams.set('error', 'access_denied');
    }
    if (state !== '') back.searchParams.set('state', state);
    return context.redirect(back.href, 303);
  });
  api.all('/token', allowOnly('POST'));
  api.all('/authorize', allowOnly('GET, POST'));
  return api;

  function grant(form: URLSearchParams): Response {
    const { accessTokenSeconds, refreshTokenSeconds } = settings.oauth;
    const scope = form.get('scope');
    const body = {
      access_token: tokens.issue('access', accessTokenSeconds).value,
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      refresh_token: tokens.issue('refresh', refreshTokenSeconds).value,
      ...(scope && { scope }),
    };
    return Response.json(body, { headers: { 'cache-control': 'no-store' } });
  }

  /** @throws EmulatorProblem `AUTHORIZATION_INVALID`, because an unknown client must not be redirected to */
  function readAuthorization(query: URLSearchParams): Authorization {
    const redirect_uri = query.get('redirect_uri') ?? '';
    const refuse = (message: string) => new EmulatorProblem('AUTHORIZATION_INVALID', message);
    if (query.get('response_type') !== 'code') throw refuse('response_type must be "code".');
    if (query.get('client_id') !== settings.oauth.clientId)
      throw refuse('client_id is unknown. It must be the clientId of the option oauth.');
    if (!URL.canParse(redirect_uri) || !targets.isAllowed(new URL(redirect_uri))) {
      throw refuse(
        'redirect_uri must be an http or https URL of this machine, or of a host in allowTargets.',
      );
    }
    return {
      client_id: settings.oauth.clientId,
      redirect_uri,
      state: query.get('state') ?? '',
      response_type: 'code',
    };
  }
}

interface Authorization {
  readonly client_id: string;
  readonly redirect_uri: string;
  readonly response_type: 'code';
  readonly state: string;
}

function authorizePage(request: Authorization) {
  const fields = Object.entries(request).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="color-scheme" content="light dark" />
        <title>Emulator, not Showpad</title>
      </head>
      <body>
        <h1>Allow ${request.client_id} to use this account?</h1>
        <p>This is an emulator, not Showpad. You will be sent back to ${request.redirect_uri}.</p>
        <form method="post">
          ${fields}
          <button name="answer" value="allow">Allow</button>
          <button name="answer" value="deny">Deny</button>
        </form>
      </body>
    </html>`;
}

/** Reads the fields of a form. @throws EmulatorProblem `MEDIA_TYPE_UNSUPPORTED` */
async function readForm(context: OAuthContext): Promise<URLSearchParams> {
  const type = context.req.header('content-type') ?? '';
  if (/^application\/x-www-form-urlencoded\b/i.test(type))
    return new URLSearchParams(await readBodyText(context));
  const message = 'Send a form, with the header content-type: application/x-www-form-urlencoded.';
  throw new EmulatorProblem('MEDIA_TYPE_UNSUPPORTED', message);
}

/** The client's credentials: in Basic, with each part form-encoded (RFC 6749, section 2.3.1), or in the body. */
function credentialsOf(
  context: OAuthContext,
  form: URLSearchParams,
): { id: string | null; secret: string | null } {
  const [, encoded] = /^Basic +(\S+)$/i.exec(context.req.header('authorization') ?? '') ?? [];
  if (encoded === undefined) return { id: form.get('client_id'), secret: form.get('client_secret') };
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
  const decode = (text: string) => new URLSearchParams(`text=${text.replaceAll('&', '%26')}`).get('text');
  return { id: decode(id), secret: decode(secret.join(':')) };
}
