import type { AnyReceiver, WebhookResponse } from '@showpad-webhooks/core';
import { receiveNodeRequest, writeResponse } from '@showpad-webhooks/core/node';
import type { KoaContext, ShowpadState } from './context.ts';
import { explainMissingBody } from './explain-missing-body.ts';

/** Receives a delivery, and leaves the receipt and the response in the context. */
export async function receive(receiver: AnyReceiver, ctx: KoaContext): Promise<void> {
  const { req, request } = ctx;
  const receipt = await receiveNodeRequest(receiver, req, {
    url: request.originalUrl,
    body: request.body,
    rawBody: request.rawBody,
    explainMissingBody: () => explainMissingBody(ctx),
  });
  (ctx.state as ShowpadState).showpadReceipt = receipt;
  respond(ctx, receipt.response);
}

/** Leaves the writing to Koa, so that middleware around this one can look at the response and add headers to it. */
function respond(ctx: KoaContext, response: WebhookResponse): void {
  const { status, headers, body } = response;
  if (ctx.res.headersSent) return; // Something else has answered.
  ctx.status = status;
  // The headers go to Node's response, because ctx.set is measurably slower.
  for (const [name, value] of Object.entries(headers)) ctx.res.setHeader(name, value);
  ctx.body = body;
  if (headers.connection !== 'close') return;
  // Koa would close the connection while the upload is still unread, and the sender might never see the response.
  ctx.respond = false;
  writeResponse(ctx.res, response);
}
