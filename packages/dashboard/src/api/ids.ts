import { DashboardProblem } from '../responses.ts';

const MAX_IDS = 50;

/**
 * The ids of events that a request names. They are in its URL, because a body may have been read before, by a parser of the app.
 */
export function idsOf(query: URLSearchParams): readonly string[] {
  const ids = query.getAll('id');
  if (ids.length >= 1 && ids.length <= MAX_IDS) return ids;
  throw new DashboardProblem(
    400,
    'No entry is named',
    `Pass "id" once for each entry, for at most ${MAX_IDS}.`,
  );
}
