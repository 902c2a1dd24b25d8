import { checkKnown } from '@showpad-webhooks/core/shared';

interface Options {
  readonly file?: string;
  readonly ttlMs?: number;
}
type Either = { readonly file: string } | { readonly database: object };

declare const options: Options;
declare const either: Either;

checkKnown(options, { file: true, ttlMs: true });
checkKnown(either, { file: true, database: true });
// @ts-expect-error An option is not listed.
checkKnown(options, { file: true });
// @ts-expect-error An option of one of the types is not listed.
checkKnown(either, { file: true });
// @ts-expect-error What is listed is no option.
checkKnown(options, { file: true, ttlMs: true, ttlms: true });
