import { randomUUID } from 'node:crypto';
import { type EventEnvelope, type EventOf, parseEvent } from '../events/event.ts';
import type { ShowpadEventMap } from '../events/event-map.ts';
import { checkKnown } from '../shared/check.ts';
import { quote } from '../shared/text.ts';
import { CATALOGUE_FOLDER, readSamples } from './catalogue-samples.ts';
import type { EventJson } from './event-json.ts';

const inviter = {
  userId: 'd40cce9cdc0945298b8120ca7de4adc7',
  shareActorId: 'e3dff281ad48421fb32de1cbab3a627f',
  email: 'chris.p.bacon@showpad.com',
};
const sharedSpace = { id: '14aade8219854ed5b096b759e036e646', name: 'Breakfast Service' };

/** An event type that Showpad documents publicly: docs/showpad.md, "Event types". */
export interface DocumentedType {
  readonly type: keyof ShowpadEventMap & string;
  /** False: only the type is documented, and the payload of the sample is inferred. */
  readonly isDocumented: boolean;
}

/**
 * The event types that Showpad documents publicly. An administrator sees that there are more.
 *
 * @example
 * ```ts
 * import { EVENT_TYPES } from '@showpad-webhooks/core/testing';
 *
 * console.log(EVENT_TYPES[0]?.type); // shared-space-user-added
 * ```
 */
export const EVENT_TYPES: readonly DocumentedType[] = [
  { type: 'shared-space-user-added', isDocumented: true },
  { type: 'shared-space-created', isDocumented: false },
  { type: 'COURSE_COMPLETED', isDocumented: false },
];

type Samples = { readonly [Type in keyof ShowpadEventMap]?: EventJson<Type, ShowpadEventMap[Type]> };

const SAMPLES: Samples = {
  // Documented, word for word: the month of its time really is 15, and its specversion is a number.
  'shared-space-user-added': {
    type: 'shared-space-user-added',
    specversion: 1,
    id: 'c40b30f2-fabf-4c89-aed0-f5f5aaac9a24',
    time: '2022-15-30T06:45:00.250Z',
    data: {
      inviter,
      invitee: {
        userId: '8463e2b6c0c44715b20b2fd65201bfae',
        shareActorId: 'f4ce56f640d94e8490d7ee3bf2d41784',
        email: 'kent.cook@showpad.com',
      },
      sharedSpace,
    },
  },
  // Inferred: see SharedSpaceCreatedData.
  'shared-space-created': {
    type: 'shared-space-created',
    specversion: 1,
    id: '0a3a4d0e-7a3c-4d57-9f1e-51b8a7a4f6c2',
    time: '2022-11-24T15:02:46.000Z',
    data: { sharedSpace, creator: inviter },
  },
  // Inferred: see CourseCompletedData.
  COURSE_COMPLETED: {
    type: 'COURSE_COMPLETED',
    specversion: 1,
    id: '6f1d2c9b-3c0e-4b7e-8a54-2f4f0f6f1f57',
    time: '2022-11-24T15:02:46.000Z',
    data: { course: { id: '5d0c7a1e9b2f4c3a8e6d1f2a3b4c5d6e', name: 'Onboarding' }, user: inviter },
  },
};

export interface SampleOptions<Data = unknown> {
  /** Replaces the `data` of the sample, or is the data of a type that has no sample. */
  readonly data?: Data;
  /** Replaces the id of the sample. */
  readonly id?: string;
}

/**
 * The sample of an event type, as a handler receives it, for unit tests. It is Showpad's own if Showpad publishes one
 * (`shared-space-user-added`), and otherwise inferred from its documentation. Samples in the folder `showpad-events` of the
 * working directory, which `showpad-webhooks events add` makes, come first. Each call returns a copy.
 *
 * @throws TypeError for a type that has no sample, unless `data` is given, and for an unknown option.
 *
 * @example
 * ```ts
 * import { sampleEvent } from '@showpad-webhooks/core/testing';
 *
 * console.log(sampleEvent('shared-space-user-added').data.sharedSpace.name); // Breakfast Service
 * ```
 */
export function sampleEvent<Type extends keyof ShowpadEventMap & string>(
  type: Type,
  options?: SampleOptions<ShowpadEventMap[Type]>,
): EventOf<ShowpadEventMap, Type>;
export function sampleEvent(type: string, options?: SampleOptions): EventEnvelope<string, unknown>;
export function sampleEvent(type: string, options: SampleOptions = {}): EventEnvelope<string, unknown> {
  checkKnown(options, { data: true, id: true });
  const sample = findSample(type);
  if (!sample && options.data === undefined)
    throw noSample(type, ' For another type, pass the option "data".');
  const { id = sample?.id ?? randomUUID(), data = sample?.data } = options;
  const text = JSON.stringify({ ...newEnvelope(), ...sample, type, id, data });
  return parseEvent(text) as EventEnvelope<string, unknown>;
}

/**
 * The sample of an event type as it is sent: the object whose JSON is the body of a delivery.
 *
 * @throws TypeError for a type that has no sample.
 *
 * @example
 * ```ts
 * import { sampleJson } from '@showpad-webhooks/core/testing';
 *
 * console.log(sampleJson('shared-space-user-added').time); // 2022-15-30T06:45:00.250Z
 * ```
 */
export function sampleJson(type: string): EventJson {
  const sample = findSample(type);
  if (!sample) throw noSample(type);
  return JSON.parse(JSON.stringify(sample));
}

function noSample(type: string, fix = ''): TypeError {
  const types = EVENT_TYPES.map((each) => each.type).join(', ');
  return new TypeError(
    `There is no sample of ${quote(type)}. There are samples of ${types}, and in "${CATALOGUE_FOLDER}" of the working directory.${fix}`,
  );
}

/** What an event has next to its type, its id and its data. */
export function newEnvelope(): Pick<EventJson, 'specversion' | 'time'> {
  return { specversion: 1, time: new Date().toISOString() };
}

export function findSample(type: string): EventJson | undefined {
  const own = readSamples().find((sample) => sample.type === type);
  if (own) return own;
  return new Map<string, EventJson>(Object.entries(SAMPLES)).get(type);
}
