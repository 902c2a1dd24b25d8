type LogMethod = (fields: object, message?: string) => void;

/** The part of a logger that is used. A pino logger fits, and `console` is enough to start with. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

const ignore = () => {};

export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
