import { readFileSync } from 'node:fs';
import type { InboxStore } from '@showpad-webhooks/core/inbox';
import { EVENT_TYPES } from '@showpad-webhooks/core/testing';
import { expect, test } from 'vitest';
import { CODES, SUCCESS_RESPONSES } from '../../packages/core/src/delivery/response.ts';
import { documents, ROOT } from './snippets.ts';

/** Codes that are only reported. The page of error codes states the status that the delivery gets anyway. */
const REPORTED_ONLY: Readonly<Record<string, number>> = { EVENT_CONFLICT: 200, EVENT_DRIFT: 200 };

const read = (path: string) => readFileSync(ROOT + path, 'utf8');

/** Returns the first cell, and the rest of the line, of every table row that begins with code. */
function rowsOf(document: string): readonly { readonly name: string; readonly rest: string }[] {
  return [...read(document).matchAll(/^\| `([^`]+)` \|(.*)$/gm)].map(([, name = '', rest = '']) => ({
    name,
    rest,
  }));
}

/** Returns a pair of the first cell and each status in the second cell, in alphabetical order. */
function statusesIn(document: string): string[] {
  return rowsOf(document)
    .flatMap(({ name, rest }) => {
      const [cell = ''] = rest.split('|');
      return cell
        .trim()
        .split(' ')
        .map((status) => `${name} ${status}`);
    })
    .sort();
}

test('the page of events says of each documented type how sure its payload is, and names no other', () => {
  const rows = rowsOf('docs/events.md').map(({ name, rest }) => ({
    type: name,
    isDocumented: [...rest.matchAll(/>documented</g)].length === 2,
  }));
  expect(rows).toEqual(EVENT_TYPES);
});

test('the page of error codes has one row for each code, with its status', () => {
  const expected = Object.entries(CODES).map(
    ([code, { status }]) => `${code} ${REPORTED_ONLY[code] ?? status}`,
  );
  expect(statusesIn('docs/errors.md')).toEqual(expected.sort());
});

test('the page of responses has one row for each outcome and status', () => {
  const failures = Object.values(CODES).map(({ outcome, status }) => `${outcome} ${status}`);
  const successes = Object.entries(SUCCESS_RESPONSES).map(([outcome, { status }]) => `${outcome} ${status}`);
  expect(statusesIn('docs/responses.md')).toEqual([...new Set([...successes, ...failures])].sort());
});

test('no parser in an example refuses a body that the receiver accepts', () => {
  const texts = [...documents(), 'packages/express/src/capture-raw-body.ts'].map(read);
  const limits = texts.flatMap((text) => [...text.matchAll(/\blimit: '([^']+)'/g)].map(([, limit]) => limit));
  expect(new Set(limits)).toEqual(new Set(['10mb'])); // The default of `maxBodyBytes`
});

type RequiredKey<T> = { [Key in keyof T]-?: object extends Pick<T, Key> ? never : Key }[keyof T];
/** The compiler checks that none is missing. */
const STORE_CALLS: Readonly<Record<RequiredKey<InboxStore>, true>> = {
  put: true,
  claim: true,
  checkpoint: true,
  settle: true,
  nextDueMs: true,
  bringForward: true,
  list: true,
  counts: true,
  retry: true,
  discard: true,
  erase: true,
  addDone: true,
  purge: true,
  health: true,
  close: true,
};

test.each([
  'CONTEXT.md',
  'CONTRIBUTING.md',
  'docs/inbox.md',
  'docs/adr/0006-an-inbox-is-a-store-and-a-loop.md',
])('%s says how many calls the store of an inbox has', (document) => {
  expect(Object.keys(STORE_CALLS)).toHaveLength(15);
  expect(read(document)).toMatch(/fifteen (atomic )?calls/);
});
