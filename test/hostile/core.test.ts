import { expect, test } from 'vitest';
import { HTTP_ATTACKS } from './src/catalogue/http.ts';
import { OWN_TROUBLES } from './src/catalogue/own-trouble.ts';
import { REPLAYS } from './src/catalogue/replay.ts';
import { DELIVERIES } from './src/catalogue.ts';
import { defineCoreSuite } from './src/core-suite.ts';

defineCoreSuite();

test('the catalogue has over 250 entries, each named once and with its reason', () => {
  const entries = [...DELIVERIES, ...OWN_TROUBLES, ...REPLAYS, ...HTTP_ATTACKS];
  expect(entries.length).toBeGreaterThan(250);
  expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length);
  expect(entries.filter(({ reason }) => reason.length < 5)).toEqual([]);
});
