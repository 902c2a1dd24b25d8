/**
 * Reads the names of the handlers that are done from a list that a ledger keeps as JSON. If it cannot be read, all handlers run
 * again: that is better than to refuse the event until Showpad gives up.
 *
 * @example
 * ```ts
 * import { readDone } from '@showpad-webhooks/core/store';
 *
 * console.log(readDone('["crm"]'), readDone('["cr')); // [ 'crm' ] []
 * ```
 */
export function readDone(text: string): readonly string[] {
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) ? names : [];
  } catch {
    return [];
  }
}
