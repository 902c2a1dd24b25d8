import type { WebhookRequest } from '@showpad-webhooks/core';
import { bytesOf, type EventHeaders } from './body-bytes.ts';
import { describeEvent, sourceOf } from './describe-event.ts';

/** A request, and how the response has to be written. */
export interface HttpEvent {
  readonly request: WebhookRequest;
  /** True for a load balancer that was told to send and to expect several values per header. */
  readonly wantsMultiValueHeaders: boolean;
}

interface Body {
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

type Query = Readonly<Record<string, string | readonly string[] | undefined>> | null | undefined;

/** Payload format 1.0: REST APIs, HTTP APIs that were told so, and load balancers. */
interface Format1Event extends Body {
  readonly httpMethod: string;
  readonly path: string;
  readonly headers?: EventHeaders | null;
  readonly multiValueHeaders?: EventHeaders | null;
  readonly queryStringParameters?: Query;
  readonly multiValueQueryStringParameters?: Query;
  readonly requestContext?: { readonly elb?: object } | null;
}

/** Payload format 2.0: HTTP APIs and function URLs. */
interface Format2Event extends Body {
  readonly rawPath: string;
  readonly rawQueryString?: string;
  readonly headers?: EventHeaders | null;
  readonly requestContext: { readonly http: { readonly method: string } };
}

/** @throws TypeError that says what the event is, if no HTTP request is in it. */
export function readHttpEvent(event: unknown): HttpEvent {
  if (isFormat2(event)) return fromFormat2(event);
  if (isFormat1(event)) return fromFormat1(event);
  throw new TypeError(
    'createLambdaHandler takes the events of API Gateway, function URLs and load balancers, but the function was called ' +
      `with ${describeEvent(event)}. ${fixFor(event)}`,
  );
}

function isFormat2(event: unknown): event is Format2Event {
  const { rawPath, requestContext } = (event ?? {}) as Partial<Format2Event>;
  return typeof rawPath === 'string' && typeof requestContext?.http?.method === 'string';
}

function isFormat1(event: unknown): event is Format1Event {
  const { httpMethod, path } = (event ?? {}) as Partial<Format1Event>;
  return typeof httpMethod === 'string' && typeof path === 'string';
}

function fromFormat2({ rawPath, rawQueryString, headers, requestContext, ...body }: Format2Event): HttpEvent {
  const request = {
    method: requestContext.http.method,
    url: withQuery(rawPath, rawQueryString ?? ''),
    headers: headers ?? {},
    body: bodyOf(body, headers ?? {}),
  };
  return { request, wantsMultiValueHeaders: false };
}

function fromFormat1(event: Format1Event): HttpEvent {
  // If a header was sent several times, `headers` has only the last one.
  const headers = event.multiValueHeaders ?? event.headers ?? {};
  const isLoadBalancer = event.requestContext?.elb !== undefined;
  const query = event.multiValueQueryStringParameters ?? event.queryStringParameters;
  const request = {
    method: event.httpMethod,
    // A load balancer leaves the query as it was sent, and API Gateway decodes it.
    url: withQuery(event.path, queryText(query, isLoadBalancer ? (text) => text : encodeURIComponent)),
    headers,
    body: bodyOf(event, headers),
  };
  return { request, wantsMultiValueHeaders: isLoadBalancer && Boolean(event.multiValueHeaders) };
}

function bodyOf({ body, isBase64Encoded = false }: Body, headers: EventHeaders): WebhookRequest['body'] {
  return bytesOf(body ?? '', isBase64Encoded, headers);
}

function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}

function queryText(query: Query, encode: (text: string) => string): string {
  return Object.entries(query ?? {})
    .flatMap(([name, values = '']) => [values].flat().map((value) => `${encode(name)}=${encode(value)}`))
    .join('&');
}

function fixFor(event: unknown): string {
  if (sourceOf(event) === 'aws:sqs') return 'Use createSqsHandler for a queue.';
  if (typeof event === 'object' && event !== null && 'type' in event && 'data' in event) {
    return 'This seems to be the parsed body alone: turn on "Lambda proxy integration" for the method in API Gateway.';
  }
  return 'Look at the triggers of the function.';
}
