import type { DashboardUser } from './audit.ts';
import type { DashboardSettings } from './options.ts';
import { DashboardProblem } from './responses.ts';

/**
 * Asks the app who sends a request.
 *
 * @throws DashboardProblem if nobody does whom the app lets in
 * @throws TypeError if `authorize` returns something else than a user
 */
export async function userOf<AppRequest extends object>(
  { authorize }: Pick<DashboardSettings<AppRequest>, 'authorize'>,
  appRequest: AppRequest,
): Promise<DashboardUser> {
  if (authorize === 'anyone') return { name: 'anyone' };
  const found = await authorize(appRequest);
  if (!found) {
    const detail = 'Log in to the app first, and then reload the page.';
    throw new DashboardProblem(403, 'You are not allowed to see this', detail);
  }
  const user = typeof found === 'string' ? { name: found } : found;
  if (typeof user.name === 'string' && user.name !== '') return user;
  throw new TypeError(
    'The option "authorize" must return the name of the user, or an object with "name", which the audit lines show.',
  );
}
