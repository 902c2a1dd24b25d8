import { describe } from 'vitest';
import { type BehindParser, bodyFidelity, parserAfter, parserBefore } from './body-fidelity.ts';
import { brokenConnections } from './broken-connections.ts';
import { duplicates } from './duplicates.ts';
import { mounted } from './mounted.ts';
import { otherRoutes } from './other-routes.ts';
import type { CreateServer } from './server.ts';
import { showpadsSide } from './showpads-side.ts';
import { signatureVectors } from './signature-vectors.ts';
import { statusTable } from './status-table.ts';

export interface SuiteOptions {
  /** What becomes of each body if the app's own parser runs before the adapter. */
  readonly behindParser: BehindParser;
  /** True if an app can mount the adapter on a path. */
  readonly isMountable?: boolean;
  /** True if the adapter gets a fetch `Request`: a GET has no body there, and a `Response` cannot close the connection. */
  readonly isFetch?: boolean;
  /** True if a gateway reads the whole body before the adapter gets it, so that no connection reaches the adapter. */
  readonly isBuffered?: boolean;
  /** True if the server holds a connection, for as long as the sender likes, on which it has refused an upload. */
  readonly holdsRefused?: boolean;
  /** True if the server cuts a connection on which a request comes before the one in front of it was answered. */
  readonly hasNoPipelining?: boolean;
  /** Names the bodies of `FIDELITY_CASES` that the framework leaves out of its request. They must be answered 503. */
  readonly leftOut?: readonly string[];
  /** Other spellings of the path, which the framework takes for it or redirects to it. It matches the path, not the adapter. */
  readonly otherSpellings?: readonly string[];
}

/** Drives an adapter over real HTTP: what every adapter must do, whatever its framework. */
export function defineAdapterSuite(
  name: string,
  createServer: CreateServer,
  {
    behindParser,
    isMountable = false,
    isFetch = false,
    isBuffered = false,
    holdsRefused = false,
    hasNoPipelining = false,
    leftOut = [],
    otherSpellings = [],
  }: SuiteOptions,
): void {
  describe(name, () => {
    describe('status table', () => statusTable(createServer, { isFetch, isBuffered }));
    describe('signature vectors', () => signatureVectors(createServer));
    describe('body fidelity', () => bodyFidelity(createServer, leftOut));
    describe('duplicates', () => duplicates(createServer));
    describe('Showpad’s side', () => showpadsSide(createServer));
    describe('broken connections', () =>
      brokenConnections(createServer, { isBuffered, isFetch, holdsRefused, hasNoPipelining }));
    for (const parser of ['none', 'before', 'after'] as const) {
      describe(`other routes, parser ${parser}`, () => otherRoutes(createServer, parser, otherSpellings));
    }
    if (isMountable) describe('mounted on a path', () => mounted(createServer));
    describe('a parser that comes after', () => parserAfter(createServer));
    describe('a parser that comes first', () => parserBefore(createServer, behindParser, leftOut));
  });
}
