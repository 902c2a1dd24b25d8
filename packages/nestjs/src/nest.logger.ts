import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import type { Logger } from '@showpad-webhooks/core';

/** Lets the receiver write to a logger of Nest's kind. It takes one text, so what a line knows is added to its message. */
export function fromNestLogger(logger: Logger | LoggerService): Logger {
  if ('info' in logger) return logger;
  return {
    debug: (fields, message) => logger.debug?.(textOf(fields, message)),
    info: (fields, message) => logger.log(textOf(fields, message)),
    warn: (fields, message) => logger.warn(textOf(fields, message)),
    error: (fields, message) => {
      const { stack } = (fields as { err?: Partial<Error> }).err ?? {};
      if (typeof stack === 'string') logger.error(textOf(fields, message), stack);
      else logger.error(textOf(fields, message));
    },
  };
}

/** For example `showpad webhook failed: The handler … threw an error. See error.cause. { code: 'HANDLER_FAILED' }`. */
function textOf(fields: object, message = ''): string {
  const { reason, hint, err, ...others } = fields as Readonly<Record<string, unknown>>;
  const sentences = [reason, hint, err].filter((each) => each !== undefined).map(String);
  const head = sentences.length > 0 ? `${message.replace(/\.$/, '')}: ${sentences.join(' ')}` : message;
  // `inspect` writes one line, and takes anything.
  return `${head} ${inspect(others, { breakLength: Infinity, compact: true })}`;
}
