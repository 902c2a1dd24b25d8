import { readFileSync } from 'node:fs';
import { EVENT_TYPES } from '@showpad-webhooks/core/testing';
import { expect, test } from 'vitest';
import { ROOT } from './snippets.ts';

const read = (path: string) => readFileSync(ROOT + path, 'utf8');
const firstCells = (text: string) => [...text.matchAll(/^\| `([^`]+)` \|(.*)$/gm)];

test('the page of events says of each documented type how sure its payload is, and names no other', () => {
  const rows = firstCells(read('docs/events.md')).map(([, type, rest = '']) => ({
    type,
    isDocumented: [...rest.matchAll(/>documented</g)].length === 2,
  }));
  expect(rows).toEqual(EVENT_TYPES);
});

test('the page of error codes explains each code once', () => {
  const codes = /ShowpadWebhookErrorCode =(?<codes>[^;]*);/.exec(read('packages/core/src/error.ts'))?.groups;
  const known = [...(codes?.codes ?? '').matchAll(/'(\w+)'/g)].map(([, code]) => code);
  const explained = firstCells(read('docs/errors.md')).map(([, code]) => code);
  expect(known.length).toBeGreaterThan(20);
  expect(explained.sort()).toEqual(known.sort());
});
