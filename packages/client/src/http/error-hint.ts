import type { FieldProblem } from '../error.ts';

const MAX_FIELDS = 5;

interface ErrorFacts {
  readonly status: number;
  readonly showpadCode: string | undefined;
  readonly meta: readonly FieldProblem[];
  readonly isHtml: boolean;
}

/** Says what a developer can do about a response with an error status. */
export function errorHint({ status, showpadCode, meta, isHtml }: ErrorFacts): string {
  if (isHtml) {
    return 'The response is an HTML page, so it is probably from a proxy. Check the base URL, or try again later.';
  }
  if (meta.length > 0) {
    const fields = meta
      .slice(0, MAX_FIELDS)
      .map(({ name = 'a field', reason = 'is wrong' }) => `${name} ${reason}`);
    return `Check these fields: ${fields.map(sentence).join(' ')}`;
  }
  if (status === 401 || showpadCode === 'invalid_grant') {
    return 'Check the credentials in the auth option: they must be valid, and belong to this Showpad account.';
  }
  if (status === 403) {
    return 'Webhooks need an administrator and a plan that includes them. Check both for the user of this token.';
  }
  if (status === 404) return 'Check the id, and the URL in the options.';
  if (status === 429) return 'Showpad limits how many requests it accepts. Wait before you try again.';
  if (status >= 500) return 'Showpad, or a proxy in front of it, has a problem. Try again later.';
  return 'Showpad does not accept this request. Check its fields.';
}

/** Ends a text that came from outside like a sentence. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
