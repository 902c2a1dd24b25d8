import { Buffer } from 'node:buffer';

/** One signature of the header: the 32 bytes it stands for, and how it is written where that is not as Showpad writes it. */
export interface ReadSignature {
  readonly digest: Buffer;
  readonly form: string | undefined;
}

/** Every signature of the header that can be read as 32 bytes, in whatever form. */
export function readSignatures(header: string): readonly ReadSignature[] {
  return header.split(',').flatMap((part) => readSignature(part.replace(/^[ \t]+|[ \t]+$/g, '')) ?? []);
}

function readSignature(text: string): ReadSignature | undefined {
  const bare = text.trim().replace(/^(["'])(.*)\1$/s, '$2');
  const [, prefix, rest = bare] = /^(v\d|sha256|hmac-sha256)[=:](.+)$/i.exec(bare) ?? [];
  const read = decode(rest);
  if (!read) return undefined;
  if (prefix) return { ...read, form: `behind the prefix "${prefix}"` };
  return rest === text ? read : { ...read, form: 'in quotes or white space' };
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
