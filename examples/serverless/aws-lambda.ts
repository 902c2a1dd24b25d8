import type { WebhookRequest } from '@showpad-webhooks/core';
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2, APIGatewayProxyResult } from 'aws-lambda';
import { receiver } from './receiver.ts';

/** Receives on AWS Lambda, behind a function URL, an HTTP API (payload format 1.0 or 2.0) or a REST API. */
export async function handler(
  event: APIGatewayProxyEvent | APIGatewayProxyEventV2,
): Promise<APIGatewayProxyResult> {
  const { response } = await receiver.receive(
    'httpMethod' in event ? fromFormat1(event) : fromFormat2(event),
  );
  return { statusCode: response.status, headers: { ...response.headers }, body: response.body };
}

function fromFormat1(event: APIGatewayProxyEvent): WebhookRequest {
  // If a header was sent several times, `headers` has only the last one.
  const headers = event.multiValueHeaders ?? event.headers;
  return { method: event.httpMethod, url: event.path, headers, body: bytesOf(event) };
}

function fromFormat2(event: APIGatewayProxyEventV2): WebhookRequest {
  const { headers, rawPath, rawQueryString, requestContext } = event;
  const url = rawQueryString ? `${rawPath}?${rawQueryString}` : rawPath;
  return { method: requestContext.http.method, url, headers, body: bytesOf(event) };
}

/** Gives the bytes that were signed. AWS puts them into JSON as text, or as base64 for types that it treats as binary. */
function bytesOf({ body, isBase64Encoded }: { body?: string | null; isBase64Encoded: boolean }): Uint8Array {
  return Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
}
