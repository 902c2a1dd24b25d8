import type { WebhookResponse } from '@showpad-webhooks/core';
import { withDeadline } from '@showpad-webhooks/core/store';
import { type Audit, change, readPayload } from './api/change.ts';
import { readEntries, readEntry, readOutcomes } from './api/read.ts';
import type { StatusView } from './api/views.ts';
import type { DashboardUser } from './audit.ts';
import type { DashboardRequest } from './dashboard-request.ts';
import type { DashboardSettings } from './options.ts';
import { fileOf, serveFile, servePage } from './page-files.ts';
import { DashboardProblem, json } from './responses.ts';
import { isFromPage } from './same-origin.ts';
import type { Sampler } from './sampler.ts';

/** A store that hangs must not keep requests, and with them connections, forever. */
const DEADLINE_MS = 10_000;
const READS: readonly string[] = ['status', 'entries', 'entry', 'outcomes'];
const CHANGES: readonly string[] = ['payload', 'retry', 'discard'];

/** The name of the API call at the end of a path. What comes before is the app's own. */
function callOf(pathname: string): string | undefined {
  return /\/api\/([a-z]+)$/.exec(pathname)?.[1];
}

/** Answers every request of a user. It never rejects. */
export async function handle<AppRequest extends object>(
  settings: DashboardSettings<AppRequest>,
  sampler: Sampler,
  request: DashboardRequest,
  appRequest: AppRequest,
): Promise<WebhookResponse> {
  const call = callOf(request.pathname);
  try {
    const user = await userOf(settings, appRequest);
    if (call !== undefined)
      return json(await withDeadline(callApi(call, user), DEADLINE_MS, 'The store did not answer'));
    checkMethod(request, 'GET');
    const file = fileOf(request.pathname);
    return await (file === undefined ? servePage(request.pathname) : serveFile(file));
  } catch (error) {
    return toProblem(error).toResponse(call !== undefined);
  }

  async function callApi(name: string, user: DashboardUser): Promise<unknown> {
    const { inbox } = settings;
    const { query } = request;
    if (READS.includes(name)) checkMethod(request, 'GET');
    if (CHANGES.includes(name)) checkChange(request);
    if (name === 'retry' || name === 'discard') {
      if (isReadOnly(user)) throw readOnly();
      return change(name, inbox, query, auditOf(user));
    }
    if (name === 'payload') return readPayload(inbox, query, auditOf(user));
    if (name === 'entries') return readEntries(inbox, query);
    if (name === 'entry') return readEntry(inbox, query);
    if (name === 'outcomes') return readOutcomes(inbox, query);
    if (name === 'status') return statusFor(user);
    throw new DashboardProblem(
      404,
      'There is no such call',
      'Reload the page: it may be of another version.',
    );
  }

  async function statusFor(user: DashboardUser): Promise<StatusView> {
    const status = await sampler.read();
    return {
      ...status,
      inbox: settings.inbox.name,
      user: user.name,
      isReadOnly: isReadOnly(user),
      nowMs: Date.now(),
      samples: sampler.samples(Number(request.query.get('after') ?? 0)),
    };
  }

  function isReadOnly(user: DashboardUser): boolean {
    return settings.readOnly || user.readOnly === true;
  }

  function auditOf(user: DashboardUser): Audit {
    const { inbox, onAudit } = settings;
    return async (action, id) => onAudit({ at: new Date(), who: user.name, action, inbox: inbox.name, id });
  }

  function toProblem(error: unknown): DashboardProblem {
    if (error instanceof DashboardProblem) return error;
    settings.logger.error({ err: error }, 'showpad webhooks dashboard: a request failed');
    return new DashboardProblem(503, 'This did not work', 'The log of the app says why.');
  }
}

async function userOf<AppRequest extends object>(
  { authorize }: DashboardSettings<AppRequest>,
  appRequest: AppRequest,
): Promise<DashboardUser> {
  if (authorize === 'anyone') return { name: 'anyone' };
  const found = await authorize(appRequest);
  if (!found) {
    throw new DashboardProblem(
      403,
      'You are not allowed to see this',
      'Log in to the app first, and then reload the page.',
    );
  }
  const user = typeof found === 'string' ? { name: found } : found;
  if (typeof user.name === 'string' && user.name !== '') return user;
  throw new TypeError(
    'The option "authorize" must return the name of the user, or an object with "name", which the audit lines show.',
  );
}

function checkMethod({ method }: DashboardRequest, allowed: 'GET' | 'POST'): void {
  if (method === allowed || (method === 'HEAD' && allowed === 'GET')) return;
  throw new DashboardProblem(405, 'This method is not allowed', `Use ${allowed}.`);
}

function checkChange(request: DashboardRequest): void {
  checkMethod(request, 'POST');
  if (isFromPage(request)) return;
  throw new DashboardProblem(
    403,
    'Only the page itself may do this',
    'The request comes from another website. If a proxy replaces the header "Host", it must keep the original in "X-Forwarded-Host". Scripts use the command "showpad-webhooks inbox".',
  );
}

function readOnly(): DashboardProblem {
  return new DashboardProblem(
    403,
    'You may only look',
    'The app shows you this page without retry and discard.',
  );
}
