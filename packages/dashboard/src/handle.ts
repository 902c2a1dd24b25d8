import type { WebhookResponse } from '@showpad-webhooks/core';
import { withDeadline } from '@showpad-webhooks/core/shared';
import { callNameOf, findCall } from './api/calls.ts';
import type { StatusView } from './api/views.ts';
import type { DashboardUser } from './audit.ts';
import type { DashboardRequest } from './dashboard-request.ts';
import type { DashboardSettings } from './options.ts';
import { fileOf, serveFile, servePage } from './page-files.ts';
import { DashboardProblem, json } from './responses.ts';
import { isFromPage } from './same-origin.ts';
import type { Sampler } from './sampler.ts';
import { userOf } from './user.ts';

/** A store that hangs must not keep requests, and with them connections, forever. */
const DEADLINE_MS = 10_000;

/** Answers every request of a user. It never rejects. */
export async function handle<AppRequest extends object>(
  settings: DashboardSettings<AppRequest>,
  sampler: Sampler,
  request: DashboardRequest,
  appRequest: AppRequest,
): Promise<WebhookResponse> {
  const { pathname, query } = request;
  const callName = callNameOf(pathname);
  try {
    const user = await userOf(settings, appRequest);
    if (callName !== undefined) {
      const result = callApi(callName, user);
      return json(await withDeadline(result, DEADLINE_MS, 'The store did not answer'));
    }
    checkMethod(request, 'GET');
    const file = fileOf(pathname);
    return await (file === undefined ? servePage(pathname) : serveFile(file));
  } catch (error) {
    return toProblem(error).toResponse(callName !== undefined);
  }

  async function callApi(name: string, user: DashboardUser): Promise<unknown> {
    const call = findCall(name);
    if (!call) {
      const detail = 'Reload the page: it may be of another version.';
      throw new DashboardProblem(404, 'There is no such call', detail);
    }
    checkMethod(request, call.method);
    if (call.method === 'POST') checkOrigin(request);
    const isReadOnly = settings.readOnly || user.readOnly === true;
    if (call.isChange && isReadOnly) {
      const detail = 'The app shows you this page without retry and discard.';
      throw new DashboardProblem(403, 'You may only look', detail);
    }
    const { inbox, onAudit } = settings;
    return call.run({
      inbox,
      query,
      audit: async (action, id) => onAudit({ at: new Date(), who: user.name, action, inbox: inbox.name, id }),
      readStatus: () => statusFor(user, isReadOnly),
    });
  }

  async function statusFor(user: DashboardUser, isReadOnly: boolean): Promise<StatusView> {
    const status = await sampler.read();
    return {
      ...status,
      inbox: settings.inbox.name,
      user: user.name,
      isReadOnly,
      nowMs: Date.now(),
      samples: sampler.samples(Number(query.get('after') ?? 0)),
    };
  }

  function toProblem(error: unknown): DashboardProblem {
    if (error instanceof DashboardProblem) return error;
    try {
      settings.logger.error({ err: error }, 'showpad webhooks dashboard: a request failed');
    } catch {
      // A logger that throws leaves nobody to tell.
    }
    return new DashboardProblem(503, 'This did not work', 'The log of the app says why.');
  }
}

function checkMethod({ method }: DashboardRequest, allowed: 'GET' | 'POST'): void {
  if (method === allowed || (method === 'HEAD' && allowed === 'GET')) return;
  throw new DashboardProblem(405, 'This method is not allowed', `Use ${allowed}.`);
}

function checkOrigin(request: DashboardRequest): void {
  if (isFromPage(request)) return;
  throw new DashboardProblem(
    403,
    'Only the page itself may do this',
    'The request comes from another website. If a proxy replaces the header "Host", it must keep the original in ' +
      '"X-Forwarded-Host". Scripts use the command "showpad-webhooks inbox".',
  );
}
