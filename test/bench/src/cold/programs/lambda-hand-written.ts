import type { IncomingHttpHeaders } from 'node:http';
import { verifyByHand } from '../../hand-written.ts';

interface GatewayEvent {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

export async function handler({
  headers,
  body,
  isBase64Encoded,
}: GatewayEvent): Promise<{ statusCode: number; body: string }> {
  try {
    const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
    verifyByHand(bytes, headers, process.env.KEY ?? '');
    return { statusCode: 200, body: 'ok' };
  } catch {
    return { statusCode: 401, body: 'rejected' };
  }
}
