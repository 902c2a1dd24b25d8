import { GrowingBuffer } from '@showpad-webhooks/core/node';
import type { Context } from 'hono';
import { EmulatorProblem, invalid } from '../problem.ts';

const MEBIBYTE = 1_024 * 1_024;

/**
 * Reads a body as text. This is not `hono/body-limit`: on node-server it answers a chunked body with 500, and after a 413 it
 * leaves a connection that fails the client's next request.
 *
 * @throws EmulatorProblem `BODY_TOO_LARGE`
 */
export async function readBodyText({ req }: Context, maxBytes: number = MEBIBYTE): Promise<string> {
  const checkSize = (bytes: number): void => {
    const message = `The body may have ${maxBytes.toLocaleString('en')} bytes at most.`;
    if (bytes > maxBytes) throw new EmulatorProblem('BODY_TOO_LARGE', message);
  };
  checkSize(Number(req.header('content-length') ?? 0));
  const body = new GrowingBuffer();
  for await (const { buffer, byteOffset, byteLength } of req.raw.body ?? []) {
    checkSize(body.length + byteLength);
    body.append(Buffer.from(buffer, byteOffset, byteLength));
  }
  return body.toBuffer().toString();
}

/**
 * Reads a JSON object. The content type must be JSON, because a form on another website cannot send that.
 *
 * @throws EmulatorProblem `MEDIA_TYPE_UNSUPPORTED`, `BODY_TOO_LARGE`, `BODY_MALFORMED` or `INPUT_INVALID`
 */
export async function readObject(
  context: Context,
  maxBytes?: number,
): Promise<Readonly<Record<string, unknown>>> {
  if (!/^application\/json\b/i.test(context.req.header('content-type') ?? '')) {
    throw new EmulatorProblem(
      'MEDIA_TYPE_UNSUPPORTED',
      'Send JSON, with the header content-type: application/json.',
    );
  }
  const value = parse(await readBodyText(context, maxBytes));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw invalid([{ name: 'body', reason: 'must be a JSON object.' }]);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new EmulatorProblem('BODY_MALFORMED', 'The body is not JSON.');
  }
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** @throws EmulatorProblem `INPUT_INVALID` for a limit that is not a whole number from 1 to the largest */
export function readPage({ req }: Context, preset: number, largest: number): PageRequest {
  const limit = Number(req.query('limit') ?? preset);
  if (!Number.isInteger(limit) || limit < 1 || limit > largest) {
    throw invalid([{ name: 'limit', reason: `must be a whole number from 1 to ${largest}.` }]);
  }
  return { limit, cursor: req.query('cursor') };
}
