import { readDone } from '@showpad-webhooks/core/store';
import { expect, test } from 'vitest';

test.each([
  ['["crm","mail"]', ['crm', 'mail']],
  ['["cr', []],
  ['{"crm":true}', []],
  ['null', []],
  ['', []],
])('the handlers that are done according to %j', (text, names) => {
  expect(readDone(text)).toEqual(names);
});
