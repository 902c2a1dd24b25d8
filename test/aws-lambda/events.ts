// Requests in the forms in which AWS documents that it passes them to a function. Nothing here has run on AWS.
import type { ALBEvent, APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda';

/** A request as a gateway has received it. */
export interface GatewayRequest {
  readonly method: string;
  readonly path: string;
  /** As it was sent, without the question mark. */
  readonly query: string;
  /** In the order in which they were sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** True if the body is to be base64 in the event. Otherwise it is text, and bytes that are not UTF-8 are lost. */
  readonly isBase64Encoded: boolean;
}

export type ToEvent = (request: GatewayRequest) => APIGatewayProxyEvent | APIGatewayProxyEventV2 | ALBEvent;

type Lists = Record<string, string[]>;

/**
 * Payload format 1.0, of REST APIs: names are as they were sent, and `headers` has only the last of repeated headers.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
 */
export function format1Event(request: GatewayRequest): APIGatewayProxyEvent {
  const { method, path, query, headers } = request;
  const parameters = [...new URLSearchParams(query)];
  return {
    resource: path,
    path,
    httpMethod: method,
    headers: Object.fromEntries(headers),
    multiValueHeaders: listsOf(headers),
    queryStringParameters: query === '' ? null : Object.fromEntries(parameters),
    multiValueQueryStringParameters: query === '' ? null : listsOf(parameters),
    requestContext: {
      path: `/prod${path}`,
      protocol: 'HTTP/1.1',
      stage: 'prod',
      resourcePath: path,
    } as never,
    pathParameters: null,
    stageVariables: null,
    ...bodyOf(request),
  };
}

/**
 * Payload format 2.0, of HTTP APIs and function URLs: names are lower case, and repeated headers are joined.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
export function format2Event(request: GatewayRequest): APIGatewayProxyEventV2 {
  const { method, path, query, headers } = request;
  const { body, isBase64Encoded } = bodyOf(request);
  const joined = Object.entries(lowerListsOf(headers)).map(([name, values]) => [name, values.join(',')]);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers: Object.fromEntries(joined),
    requestContext: { http: { method, path, protocol: 'HTTP/1.1' }, stage: '$default' } as never,
    ...(body !== null && { body }),
    isBase64Encoded,
  };
}

/**
 * The format of Application Load Balancers whose target group has `lambda.multi_value_headers.enabled`: names are lower case, and
 * queries are as they were sent.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
 */
export function loadBalancerEvent(request: GatewayRequest): ALBEvent {
  const { method, path, query, headers } = request;
  const parameters = query === '' ? [] : query.split('&').map((each) => splitAt(each, '='));
  const { body, isBase64Encoded } = bodyOf(request);
  const targetGroupArn = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/a/1';
  return {
    requestContext: { elb: { targetGroupArn } },
    httpMethod: method,
    path,
    multiValueHeaders: lowerListsOf(headers),
    multiValueQueryStringParameters: listsOf(parameters),
    body: body ?? '',
    isBase64Encoded,
  };
}

const TEXT_TYPES = ['application/json', 'application/javascript', 'application/xml'];

/**
 * The types whose bodies HTTP APIs, function URLs and load balancers pass as text. Everything else is base64, also if there is no
 * Content-Type. AWS documents the list for load balancers. That HTTP APIs have the same was observed on AWS:
 * https://github.com/ministackorg/ministack/pull/766
 */
export function isTextType(headers: GatewayRequest['headers']): boolean {
  const contentType = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const [type = ''] = contentType.toLowerCase().split(';');
  return type.startsWith('text/') || TEXT_TYPES.includes(type.trim());
}

function bodyOf({ body, isBase64Encoded }: GatewayRequest): {
  body: string | null;
  isBase64Encoded: boolean;
} {
  return {
    body: body.length === 0 ? null : body.toString(isBase64Encoded ? 'base64' : 'utf8'),
    isBase64Encoded,
  };
}

function listsOf(pairs: GatewayRequest['headers']): Lists {
  const lists: Lists = {};
  for (const [name, value] of pairs) lists[name] = [...(lists[name] ?? []), value];
  return lists;
}

function lowerListsOf(headers: GatewayRequest['headers']): Lists {
  return listsOf(headers.map(([name, value]) => [name.toLowerCase(), value]));
}

function splitAt(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
