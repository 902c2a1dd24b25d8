import { Buffer } from 'node:buffer';
import { withoutQuotes } from './key-variants.ts';

/** One signature of the header. */
export interface ReadSignature {
  /** The 32 bytes that it stands for. */
  readonly digest: Buffer;
  /** How it is written, if that is not how Showpad writes it. */
  readonly form: string | undefined;
}

/** A longer header cannot be a list of at most 16 signatures, and is not read. */
const MAX_HEADER_LENGTH = 2_048;

/** Reads every signature of the header that stands for 32 bytes, in whatever form. */
export function readSignatures(header: string): readonly ReadSignature[] {
  if (header.length > MAX_HEADER_LENGTH) return [];
  return header.split(',').flatMap((part) => readSignature(part) ?? []);
}

function readSignature(part: string): ReadSignature | undefined {
  const text = part.trim();
  const bare = withoutQuotes(text);
  const [, prefix, rest = bare] = /^(v\d|sha256|hmac-sha256)[=:](.+)/i.exec(bare) ?? [];
  const read = decode(rest);
  if (!read) return undefined;
  if (prefix) return { ...read, form: `after the prefix "${prefix}"` };
  return rest === text ? read : { ...read, form: 'in quotes' };
}

function decode(text: string): ReadSignature | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return { digest: Buffer.from(text, 'hex'), form: 'in hex' };
  if (!/^[\w+/-]{43}=?$/.test(text)) return undefined;
  const digest = Buffer.from(text, 'base64');
  const canonical = digest.toString('base64');
  if (text === canonical) return { digest, form: undefined };
  if (text === canonical.slice(0, -1)) return { digest, form: 'in base64 without its padding' };
  if (/[-_]/.test(text)) return { digest, form: 'in base64url' };
  return { digest, form: 'in base64 that is not canonical' };
}
