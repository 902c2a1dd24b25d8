import type { Database } from './database.ts';

interface Settings {
  readonly synchronous_commit: string;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly standbys: string;
  readonly replicas: number;
  readonly is_read_only: boolean;
}

/** Says in plain words what about the server could lose a commit, or stops commits. */
export async function findProblems({ all }: Database): Promise<{
  readonly isReadOnly: boolean;
  readonly problems: readonly string[];
}> {
  const [settings] = await all<Settings>(
    `SELECT current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_standby_names') AS standbys,
       (SELECT count(*)::integer FROM pg_stat_replication) AS replicas,
       current_setting('transaction_read_only') = 'on' AS is_read_only`,
    [],
  );
  return settings
    ? { isReadOnly: settings.is_read_only, problems: problemsOf(settings) }
    : { isReadOnly: false, problems: [] };
}

function problemsOf(settings: Settings): readonly string[] {
  const problems: string[] = [];
  for (const setting of ['synchronous_commit', 'fsync', 'full_page_writes'] as const) {
    if (settings[setting] !== 'off') continue;
    problems.push(
      `Postgres has ${setting} off, so if it or its machine crashes, acknowledged events may be lost. Set it to on.`,
    );
  }
  const waitsForReplica = settings.standbys !== '' && settings.synchronous_commit !== 'local';
  if (settings.replicas > 0 && !waitsForReplica) {
    problems.push(
      'Postgres has replicas and waits for none of them, so if one of them takes over, the latest acknowledged events may be ' +
        'lost. Set synchronous_standby_names, with synchronous_commit on.',
    );
  }
  if (settings.is_read_only) {
    problems.push(
      'Postgres is read-only for this pool, so nothing can be stored. Connect to the primary, with default_transaction_read_only off.',
    );
  }
  return problems;
}
