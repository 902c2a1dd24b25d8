import { describe } from 'vitest';
import { bodyFidelity, parserAfter, parserBefore } from './body-fidelity.ts';
import { brokenConnections } from './broken-connections.ts';
import { duplicates } from './duplicates.ts';
import { otherRoutes } from './other-routes.ts';
import type { CreateServer } from './server.ts';
import { showpadsSide } from './showpads-side.ts';
import { signatureVectors } from './signature-vectors.ts';
import { statusTable } from './status-table.ts';

export interface SuiteOptions {
  /**
   * Where true, the adapter sees the bytes whatever the app's parser does, since it comes before it by itself.
   * Else a parser that came first may leave no bytes, and 503 is a right answer.
   */
  readonly isAlwaysFirst?: boolean;
}

/** Drives an adapter over real HTTP: what each must do, whatever its framework. */
export function defineAdapterSuite(
  name: string,
  createServer: CreateServer,
  { isAlwaysFirst = false }: SuiteOptions = {},
): void {
  describe(name, () => {
    describe('status table', () => statusTable(createServer));
    describe('signature vectors', () => signatureVectors(createServer));
    describe('body fidelity', () => bodyFidelity(createServer));
    describe('duplicates', () => duplicates(createServer));
    describe('Showpad’s side', () => showpadsSide(createServer));
    describe('broken connections', () => brokenConnections(createServer));
    for (const parser of ['none', 'before', 'after'] as const) {
      describe(`other routes, parser ${parser}`, () => otherRoutes(createServer, parser));
    }
    describe('a parser that comes after', () => parserAfter(createServer));
    describe('a parser that comes first', () => parserBefore(createServer, isAlwaysFirst));
  });
}
