import type { WebhookResponse } from '@showpad-webhooks/core';

/** Every response has them. Nothing is stored, because it may be personal data. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-robots-tag': 'noindex',
} as const;

export function respond(status: number, type: string, body: string): WebhookResponse {
  return { status, headers: { ...HEADERS, 'content-type': type }, body };
}

export function json(value: unknown, status = 200): WebhookResponse {
  return respond(status, 'application/json; charset=utf-8', JSON.stringify(value));
}

/** An answer that is not what was asked for. The page shows both sentences. */
export class DashboardProblem extends Error {
  readonly status: number;
  readonly title: string;

  constructor(status: number, title: string, detail: string) {
    super(detail);
    this.status = status;
    this.title = title;
  }

  toResponse(isApi: boolean): WebhookResponse {
    const { status, title, message: detail } = this;
    if (isApi) return json({ title, detail }, status);
    return respond(status, 'text/plain; charset=utf-8', `${title}. ${detail}\n`);
  }
}
