// These are deliveries in the form in which AWS documents that it passes them to a function. Nothing here has run on AWS.
import type { SignedDelivery } from '@showpad-webhooks/core/testing';
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda';

/** The headers in the order in which they arrived. */
type Headers = readonly (readonly [name: string, value: string])[];

export interface GatewayRequest extends Pick<SignedDelivery, 'method' | 'body'> {
  readonly headers: Headers;
  /** True for a Content-Type that AWS treats as binary. Default false. */
  readonly isBase64Encoded?: boolean;
}

/**
 * Makes an event of payload format 2.0, which HTTP APIs and function URLs use: names are lower case, and repeated headers are
 * joined.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
export function format2Event(request: GatewayRequest): APIGatewayProxyEventV2 {
  const { method, body, headers, isBase64Encoded = false } = request;
  const joined: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    joined[key] = key in joined ? `${joined[key]},${value}` : value;
  }
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/webhooks/showpad',
    rawQueryString: 'from=showpad',
    headers: joined,
    queryStringParameters: { from: 'showpad' },
    requestContext: {
      accountId: '123456789012',
      apiId: 'api-id',
      domainName: 'id.execute-api.eu-west-1.amazonaws.com',
      domainPrefix: 'id',
      http: {
        method,
        path: '/webhooks/showpad',
        protocol: 'HTTP/1.1',
        sourceIp: '192.0.2.1',
        userAgent: 'agent',
      },
      requestId: 'id',
      routeKey: '$default',
      stage: '$default',
      time: '24/Nov/2026:09:00:00 +0000',
      timeEpoch: 1_795_510_800_000,
    },
    body: body.toString(isBase64Encoded ? 'base64' : 'utf8'),
    isBase64Encoded,
  };
}

/**
 * Makes an event of format 1.0, which REST APIs use, and HTTP APIs with `version`: names are as they were sent, and `headers` has
 * only the last of repeated headers.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
 */
export function format1Event(request: GatewayRequest): APIGatewayProxyEvent {
  const { method, body, headers, isBase64Encoded = false } = request;
  const multiValueHeaders: Record<string, string[]> = {};
  for (const [name, value] of headers) multiValueHeaders[name] = [...(multiValueHeaders[name] ?? []), value];
  return {
    resource: '/webhooks/showpad',
    path: '/webhooks/showpad',
    httpMethod: method,
    headers: Object.fromEntries(headers),
    multiValueHeaders,
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    requestContext: {
      accountId: '123456789012',
      apiId: 'id',
      authorizer: null,
      domainName: 'id.execute-api.eu-west-1.amazonaws.com',
      domainPrefix: 'id',
      extendedRequestId: 'request-id',
      httpMethod: method,
      identity: {
        accessKey: null,
        accountId: null,
        apiKey: null,
        apiKeyId: null,
        caller: null,
        clientCert: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: '192.0.2.1',
        user: null,
        userAgent: 'agent',
        userArn: null,
      },
      path: '/webhooks/showpad',
      protocol: 'HTTP/1.1',
      requestId: 'id',
      requestTime: '24/Nov/2026:09:00:00 +0000',
      requestTimeEpoch: 1_795_510_800_000,
      resourceId: 'resource',
      resourcePath: '/webhooks/showpad',
      stage: 'prod',
    },
    pathParameters: null,
    stageVariables: null,
    body: body.toString(isBase64Encoded ? 'base64' : 'utf8'),
    isBase64Encoded,
  };
}
