import type { Mismatch } from '../delivery/verify.ts';
import { findMistakes } from './find-mistakes.ts';
import { keyVariants } from './key-variants.ts';
import { readSignatures } from './read-signatures.ts';

/** Says in sentences which of the usual mistakes a signature that no key made comes from. */
export function mismatchHint({ signed, keys, ...delivery }: Mismatch): string {
  const findings = findMistakes({
    ...delivery,
    timestamp: signed.timestamp,
    signatures: readSignatures(signed.signatures.join(',')),
    keys: keys.flatMap(({ bytes }) => keyVariants(bytes.toString())),
  });
  const proven = findings.filter(({ certainty }) => certainty === 'proven');
  if (proven.length > 0) return proven.map(({ detail, fix }) => `${detail} ${fix}`).join(' ');
  return (
    'The usual mistakes were tried, and none of them explains it. So the key belongs to another subscription or is ' +
    'incomplete, the body was changed in an unusual way, or it is a forgery.'
  );
}
