import type { DashboardRequest } from './dashboard-request.ts';

/**
 * Whether the page itself sent a request, and not another website in the same browser. Browsers say so in `Sec-Fetch-Site`,
 * except on plain http, where they send `Origin`. A proxy may replace `Host`, and keeps the original in `X-Forwarded-Host`, which
 * no website can set for a request to another one.
 */
export function isFromPage({ header }: Pick<DashboardRequest, 'header'>): boolean {
  const site = header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = header('origin') ?? '';
  const host = header('x-forwarded-host')?.split(',')[0]?.trim() ?? header('host') ?? header(':authority');
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
