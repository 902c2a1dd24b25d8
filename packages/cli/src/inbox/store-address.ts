import { usageError } from '../cli-error.ts';

/** Where an inbox is, as `--store` names it. */
export type StoreAddress =
  | { readonly kind: 'sqlite'; readonly file: string; readonly shown: string }
  | { readonly kind: 'redis' | 'postgres'; readonly url: string; readonly shown: string };

const KINDS = {
  'redis:': 'redis',
  'rediss:': 'redis',
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
} as const;

/** @throws CliError that does not show the address, because it may contain a password */
export function parseStoreAddress(text: string): StoreAddress {
  const file = /^sqlite:(.+)$/s.exec(text)?.[1];
  if (file !== undefined) return { kind: 'sqlite', file, shown: text };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const kind = url && KINDS[url.protocol as keyof typeof KINDS];
  if (url && kind && url.hostname !== '') {
    return { kind, url: text, shown: `${url.protocol}//${url.host}${url.pathname}` };
  }
  throw usageError(
    '--store is not the address of a store.',
    '--store must be "sqlite:" and a file, or a URL: redis://HOST:6379, rediss://HOST:6379 or postgres://HOST/DATABASE. ' +
      '@FILE reads the address from a file.',
  );
}
