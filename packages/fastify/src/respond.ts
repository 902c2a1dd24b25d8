import type { WebhookResponse } from '@showpad-webhooks/core';
import { writeResponse } from '@showpad-webhooks/core/node';
import type { FastifyReply } from 'fastify';

/** Leaves the writing to Fastify, so that the app's onSend hooks can look at the response and add headers to it. */
export function respond(reply: FastifyReply, response: WebhookResponse): void {
  if (reply.sent) return; // Something else has answered.
  const { status, headers, body } = response;
  if (headers.connection !== 'close') {
    reply.code(status).headers(headers).send(body);
    return;
  }
  // Fastify would close the connection while the upload is still unread, and the sender might never see the response.
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  writeResponse(reply.raw, response);
}
