import type { Context } from 'hono';
import { EmulatorProblem, invalid } from '../problem.ts';

const MEBIBYTE = 1_024 * 1_024;

/** @throws EmulatorProblem 413 */
export async function readBodyText({ req }: Context, maxBytes: number = MEBIBYTE): Promise<string> {
  const tooLarge = () => new EmulatorProblem(413, 'Body too large', `At most ${maxBytes} bytes are read.`);
  if (Number(req.header('content-length') ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of req.raw.body ?? []) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge();
  }
  return Buffer.concat(chunks).toString();
}

/**
 * A request's JSON object. The content type must say that it is one: a form of another site can't.
 *
 * @throws EmulatorProblem 400, 413, 415 or 422
 */
export async function readObject(
  context: Context,
  maxBytes?: number,
): Promise<Readonly<Record<string, unknown>>> {
  if (!/^application\/json\b/i.test(context.req.header('content-type') ?? '')) {
    const detail = 'Send JSON, with the header content-type: application/json.';
    throw new EmulatorProblem(415, 'Unsupported media type', detail);
  }
  let value: unknown;
  try {
    value = JSON.parse(await readBodyText(context, maxBytes));
  } catch (error) {
    if (error instanceof EmulatorProblem) throw error;
    throw new EmulatorProblem(400, 'Malformed body', 'The body is no JSON.');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw invalid([{ name: 'body', reason: 'must be a JSON object.' }]);
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** @throws EmulatorProblem 422 for a limit that is no whole number from 1 to the largest */
export function readPage({ req }: Context, preset: number, largest: number): PageRequest {
  const limit = Number(req.query('limit') ?? preset);
  if (!Number.isInteger(limit) || limit < 1 || limit > largest) {
    throw invalid([{ name: 'limit', reason: `must be a whole number from 1 to ${largest}.` }]);
  }
  return { limit, cursor: req.query('cursor') };
}
