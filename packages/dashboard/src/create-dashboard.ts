import { type NodeRequest, type NodeResponse, writeResponse } from '@showpad-webhooks/core/node';
import { splitTarget } from './dashboard-request.ts';
import { handle } from './handle.ts';
import { type DashboardOptions, readOptions } from './options.ts';
import { createSampler } from './sampler.ts';

/**
 * A request listener for `node:http`, a middleware for what works like Express, and a function for what works with fetch. It
 * answers every request that it gets: the app chooses the path.
 */
export interface Dashboard<AppRequest extends object> {
  (req: AppRequest & NodeRequest, res: NodeResponse): void;
  fetch(request: AppRequest & Request): Promise<Response>;
  /** Stops counting the inbox for the plots. It does not close the inbox. */
  close(): void;
}

/**
 * Makes a page that shows what an inbox holds, and retries and discards what is dead. Mount it under any path of your app, behind
 * the app's own login.
 *
 * @throws TypeError for an option that is missing, unknown or of a wrong type.
 *
 * @example
 * ```ts
 * import { createDashboard } from '@showpad-webhooks/dashboard';
 * import { createSqliteInbox } from '@showpad-webhooks/sqlite';
 * import express, { type Request } from 'express';
 *
 * const inbox = createSqliteInbox({ file: 'showpad.db' }); // the one that your receiver has
 * const dashboard = createDashboard({
 *   inbox,
 *   authorize: (request: Request & { user?: { email: string } }) => request.user?.email,
 * });
 * express().use('/ops/webhooks', dashboard);
 * ```
 */
export function createDashboard<AppRequest extends object = NodeRequest>(
  options: DashboardOptions<AppRequest>,
): Dashboard<AppRequest> {
  const settings = readOptions(options);
  const sampler = createSampler(settings.inbox);
  const dashboard = (req: AppRequest & NodeRequest, res: NodeResponse): void => {
    const request = {
      ...splitTarget(req.originalUrl ?? req.url ?? ''),
      method: req.method ?? '',
      header: (name: string) => [req.headers[name]].flat()[0],
    };
    void handle(settings, sampler, request, req).then((response) => writeResponse(res, response));
  };
  return Object.assign(dashboard, {
    async fetch(appRequest: AppRequest & Request): Promise<Response> {
      const { method, url, headers } = appRequest;
      const header = (name: string) => headers.get(name) ?? (name === 'host' ? new URL(url).host : undefined);
      const request = { ...splitTarget(url), method, header };
      const response = await handle(settings, sampler, request, appRequest);
      return new Response(method === 'HEAD' ? null : response.body, response);
    },
    close: () => sampler.stop(),
  });
}
