import { Buffer } from 'node:buffer';
import type { HandlerContext } from '../handlers/context.ts';
import { checkKnown } from '../shared/check.ts';
import { silentLogger } from '../shared/logger.ts';

/**
 * What a handler knows about its delivery, for unit tests of handlers that use it: a first attempt, at the current time.
 *
 * @param changes what is different in your test, for example `{ attempt: 4 }`.
 * @throws TypeError for a field that a context does not have.
 *
 * @example
 * ```ts
 * import { sampleContext } from '@showpad-webhooks/core/testing';
 *
 * console.log(sampleContext({ attempt: 4 }).attempt); // 4
 * ```
 */
export function sampleContext(changes: Partial<HandlerContext> = {}): HandlerContext {
  const nowMs = Date.now();
  const context: HandlerContext = {
    receiverName: 'default',
    rawBody: Buffer.from('{}'),
    headers: {},
    url: undefined,
    receivedAt: new Date(nowMs),
    timestampSeconds: Math.floor(nowMs / 1000),
    keyLabel: undefined,
    attempt: 1,
    signal: new AbortController().signal,
    logger: silentLogger,
  };
  checkKnown(changes, context);
  return { ...context, ...changes };
}
