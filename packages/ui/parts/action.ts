import { useState } from 'preact/hooks';
import { ApiError } from '../state/api.ts';

export interface Action {
  readonly isRunning: boolean;
  readonly error: ApiError | undefined;
  /** Resolves to true if it succeeded. A failure is kept as `error`, to be shown where it happened. */
  readonly run: (work: () => Promise<unknown>) => Promise<boolean>;
}

/** Runs the request of a button or a form. */
export function useAction(): Action {
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState<ApiError>();

  async function run(work: () => Promise<unknown>): Promise<boolean> {
    setRunning(true);
    setError(undefined);
    try {
      await work();
      return true;
    } catch (cause) {
      setError(cause instanceof ApiError ? cause : new ApiError('This page failed', String(cause)));
      return false;
    } finally {
      setRunning(false);
    }
  }
  return { isRunning, error, run };
}
