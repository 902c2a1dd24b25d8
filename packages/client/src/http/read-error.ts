import { type FieldProblem, ShowpadApiError } from '../error.ts';
import { clip } from '../text.ts';
import { errorHint, sentence } from './error-hint.ts';
import { readRetryAfter } from './retry-after.ts';

const MAX_TEXT_LENGTH = 500;
const MAX_TITLE_LENGTH = 120;
/** A shorter secret may be any word, and hiding that word everywhere would hide the error. */
const MIN_SECRET_LENGTH = 8;

export interface ErrorResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface ErrorContext {
  /** Such as `GET /subscriptions`. */
  readonly call: string;
  readonly nowMs: number;
  /** What was sent and must not come back in an error. */
  readonly secrets: readonly string[];
}

/** What a response says about its error. */
interface Found {
  readonly showpadCode?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly meta?: readonly FieldProblem[];
}

/** Reads the error in a response of any shape: a v4 problem, a v3 envelope, an OAuth error, or the page of a proxy. */
export function readError(
  { status, headers, text }: ErrorResponse,
  { call, nowMs, secrets }: ErrorContext,
): ShowpadApiError {
  const hide = createHide(secrets);
  const cut = (value: string | undefined, maxLength: number) => value && clip(hide(value), maxLength);
  const isHtml = /\bhtml\b/i.test(headers.get('content-type') ?? '') || /^\s*<(!doctype|html)/i.test(text);
  const found: Found = isHtml ? texts({ title: titleOf(hide(text)) }) : readBody(text, hide);
  const showpadCode = cut(found.showpadCode, MAX_TITLE_LENGTH);
  const title = cut(found.title, MAX_TITLE_LENGTH);
  const detail = cut(found.detail, MAX_TEXT_LENGTH);
  const meta = (found.meta ?? []).map((field): FieldProblem => {
    return Object.fromEntries(
      Object.entries(field).map(([key, value]) => [key, cut(value, MAX_TEXT_LENGTH)]),
    );
  });
  const answer = [`${status}${title ? ` (${title})` : ''}`, ...(detail ? [detail] : [])].join(': ');
  return new ShowpadApiError('HTTP_ERROR', sentence(`${call} was answered with ${answer}`), {
    hint: errorHint({ status, showpadCode, meta, isHtml }),
    status,
    showpadCode,
    title,
    detail,
    meta,
    retryAfterMs: readRetryAfter(headers, nowMs),
  });
}

function createHide(secrets: readonly string[]): (text: string) => string {
  const hidden = secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .flatMap((secret) => [secret, encodeURIComponent(secret)]);
  return (text) => hidden.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
}

function readBody(text: string, hide: (text: string) => string): Found {
  const body = parseObject(text);
  if (!body) return texts({ detail: oneLine(hide(text)) });
  if (typeof body.error === 'string') {
    return texts({ showpadCode: body.error, title: body.error, detail: body.error_description });
  }
  if (typeof body.response === 'object' && body.response !== null) {
    const { name, message } = body.response as Readonly<Record<string, unknown>>;
    return texts({ showpadCode: name, title: name, detail: message });
  }
  const { title, detail, type, meta } = body;
  return {
    ...texts({ showpadCode: type === 'about:blank' ? undefined : type, title, detail }),
    meta: readMeta(meta),
  };
}

/** Searches by index: a regular expression for a whole tag takes quadratic time on a page full of `<title`. */
function titleOf(html: string): string {
  const tag = html.search(/<title/i);
  const tagEnd = tag === -1 ? -1 : html.indexOf('>', tag);
  if (tagEnd === -1) return '';
  const titleEnd = html.indexOf('<', tagEnd);
  return oneLine(html.slice(tagEnd + 1, titleEnd === -1 ? undefined : titleEnd));
}

function readMeta(meta: unknown): readonly FieldProblem[] {
  if (!Array.isArray(meta)) return [];
  return meta.filter((entry) => typeof entry === 'object' && entry !== null).map(texts);
}

/** Keeps the fields that are text. */
function texts(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => {
      return typeof entry[1] === 'string' && entry[1] !== '';
    }),
  );
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
