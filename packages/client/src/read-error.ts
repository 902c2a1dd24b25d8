import { type ErrorDetails, type ErrorMeta, ShowpadApiError } from './error.ts';

const LONGEST_TEXT = 500;
const LONGEST_TITLE = 120;
/** A shorter secret may be any word, and hiding each of its places would hide the error. */
const SHORTEST_HIDDEN = 8;

export interface ReceivedAnswer {
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

/** The error in an answer of any shape: a v4 problem, a v3 envelope, OAuth's, or whatever a proxy says. */
export function readError(
  { status, headers, text }: ReceivedAnswer,
  { call, nowMs, secrets }: ErrorContext,
): ShowpadApiError {
  const hidden = secrets
    .filter((secret) => secret.length >= SHORTEST_HIDDEN)
    .flatMap((secret) => [secret, encodeURIComponent(secret)]);
  const hide = (value: string) => hidden.reduce((rest, each) => rest.replaceAll(each, '[redacted]'), value);
  const clean = (value: string, longest: number = LONGEST_TEXT) => clip(hide(value), longest);
  const isHtml = /\bhtml\b/i.test(headers.get('content-type') ?? '') || /^\s*<(!doctype|html)/i.test(text);
  const found = isHtml ? readHtml(hide(text)) : readBody(text);
  const title = clean(found.title ?? `HTTP ${status}`, LONGEST_TITLE);
  const detail = clean(found.detail ?? '');
  const code = clean(found.code ?? `HTTP_${status}`, LONGEST_TITLE);
  const meta = (found.meta ?? []).map((entry) =>
    Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, clean(value)])),
  );
  const message = `${call} was answered ${status}, ${title}${detail === '' ? '' : `: ${detail}`}`;
  const retryAfterMs = readRetryAfter(headers, nowMs);
  return new ShowpadApiError(message, { status, title, detail, code, meta, retryAfterMs });
}

type Found = Partial<Pick<ErrorDetails, 'title' | 'detail' | 'code' | 'meta'>>;

function readBody(text: string): Found {
  const body = parseObject(text);
  if (!body) return { detail: oneLine(text) };
  if (typeof body.error === 'string') {
    return texts({ code: body.error, title: body.error, detail: body.error_description });
  }
  if (typeof body.response === 'object' && body.response !== null) {
    const { name, message } = body.response as Readonly<Record<string, unknown>>;
    return texts({ code: name, title: name, detail: message });
  }
  const { title, detail, type, meta } = body;
  return {
    ...texts({ code: type === 'about:blank' ? undefined : type, title, detail }),
    meta: readMeta(meta),
  };
}

function readHtml(text: string): Found {
  const title = oneLine(/<title[^>]*>([^<]*)/i.exec(text)?.[1] ?? '');
  const named = title === '' ? '' : ` titled "${clip(title, LONGEST_TITLE)}"`;
  return { detail: `An HTML page${named}: a proxy or a gateway answers, and not the API.` };
}

function readMeta(meta: unknown): readonly ErrorMeta[] {
  if (!Array.isArray(meta)) return [];
  return meta.filter((entry) => typeof entry === 'object' && entry !== null).map(texts);
}

/** Those of the fields that are text. */
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

function clip(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** In seconds, or a date: then by the answer's own clock, where it tells the time, since ours may be off. */
function readRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const untilMs = Date.parse(text);
  if (Number.isNaN(untilMs)) return undefined;
  const sentMs = Date.parse(headers.get('date') ?? '');
  return Math.max(0, untilMs - (Number.isNaN(sentMs) ? nowMs : sentMs));
}
