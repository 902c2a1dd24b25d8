import { type HostileDelivery, PAYLOAD, text } from '../entry.ts';

const envelope = (name: string, json: string, expected: string, reason: string): HostileDelivery => ({
  name: `envelope: ${name}`,
  body: text(json),
  expected,
  reason,
});

const UNUSABLE =
  'handlers are found by the type, and events are handled once by the id: it becomes a dead letter';
const EVENT = 'types and ids are data and may contain any characters';
const unusable = (name: string, json: string) => envelope(name, json, '400 EVENT_INVALID', UNUSABLE);
const type = (name: string) =>
  envelope(
    `the type ${JSON.stringify(name)}`,
    JSON.stringify({ type: name, id: `type ${name}` }),
    '200 handled',
    EVENT,
  );

export const ENVELOPES: readonly HostileDelivery[] = [
  unusable('an empty object', '{}'),
  unusable('no type', `{"id":"1","data":"${PAYLOAD}"}`),
  unusable('no id', `{"type":"hostile","data":"${PAYLOAD}"}`),
  unusable('an empty type', '{"type":"","id":"1"}'),
  unusable('an empty id', '{"type":"hostile","id":""}'),
  unusable('a null type', '{"type":null,"id":"1"}'),
  unusable('a null id', '{"type":"hostile","id":null}'),
  unusable('a number for an id', '{"type":"hostile","id":1}'),
  unusable('a number for a type', '{"type":1,"id":"1"}'),
  unusable('an array for a type', '{"type":["hostile"],"id":"1"}'),
  unusable('an object for an id', '{"type":"hostile","id":{"toString":"1"}}'),
  unusable('a boolean for an id', '{"type":"hostile","id":true}'),
  unusable('type and id in another case', '{"Type":"hostile","ID":"1"}'),
  unusable('type and id from a prototype', '{"__proto__":{"type":"hostile","id":"1"}}'),
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'onAny',
    'any',
    '*',
    ' ',
    '\0',
    '\uD800',
    '../../etc/passwd',
    '<script>',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: An attacker would write it like this.
    '${7*7}',
  ].map(type),
  envelope(
    'an id of 1 MB',
    JSON.stringify({ type: 'hostile', id: 'x'.repeat(1_000_000) }),
    '200 handled',
    'the ledger keeps only its hash',
  ),
  envelope(
    'a type of 1 MB',
    JSON.stringify({ type: 'x'.repeat(1_000_000), id: 'long type' }),
    '200 handled',
    EVENT,
  ),
  envelope('an id with a NUL', '{"type":"hostile","id":"a\\u0000b"}', '200 handled', EVENT),
  envelope('an id that is SQL', `{"type":"hostile","id":"'; DROP TABLE events; --"}`, '200 handled', EVENT),
  envelope('an id of lone surrogates', '{"type":"hostile","id":"\\udfff\\ud800"}', '200 handled', EVENT),
  envelope('the id "__proto__"', '{"type":"hostile","id":"__proto__"}', '200 handled', EVENT),
  envelope(
    'a time that is not a date',
    '{"type":"hostile","id":"time","time":"2022-15-30T06:45:00.250Z"}',
    '200 handled',
    'Showpad’s own sample has one',
  ),
  envelope(
    'a time that is not text',
    '{"type":"hostile","id":"time 2","time":{"a":1}}',
    '200 handled',
    'only type and id must be usable',
  ),
  envelope(
    'a specversion that is an object',
    '{"type":"hostile","id":"spec","specversion":{}}',
    '200 handled',
    'only type and id must be usable',
  ),
  envelope('no data', '{"type":"hostile","id":"no data"}', '200 handled', 'only type and id must be usable'),
  envelope(
    'extra fields',
    '{"type":"hostile","id":"extra","date":"x","rawBody":"x","attempt":99,"signal":1}',
    '200 handled',
    'they do not replace our own fields',
  ),
];
