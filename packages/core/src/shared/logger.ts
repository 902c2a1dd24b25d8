import { isPromise } from './promise.ts';

type LogMethod = (fields: object, message?: string) => void;

/** The part of a logger that is used. A pino logger fits, and `console` is enough to start with. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

const ignore = () => {};

/** Calls a logger. If it throws or rejects, nobody is left to tell, and nothing else may fail because of it. */
export function logSafely(log: () => unknown): void {
  try {
    const result = log();
    if (isPromise(result)) Promise.resolve(result).catch(ignore);
  } catch {
    // There is nothing to do.
  }
}

export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
