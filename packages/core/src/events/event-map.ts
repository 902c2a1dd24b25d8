/** A Showpad user as the documented sample shows one. */
export interface ShowpadUser {
  /** 32 lower-case hex digits. */
  readonly userId: string;
  /** 32 lower-case hex digits. */
  readonly shareActorId: string;
  readonly email: string;
}

export interface SharedSpace {
  /** 32 lower-case hex digits. */
  readonly id: string;
  readonly name: string;
}

/** The payload of `shared-space-user-added`. **Documented**: Showpad publishes it completely. */
export interface SharedSpaceUserAddedData {
  readonly inviter: ShowpadUser;
  readonly invitee: ShowpadUser;
  readonly sharedSpace: SharedSpace;
}

/**
 * The payload of `shared-space-created`. **Inferred**: it is documented only as "the details of the Shared Space and the
 * user that created it", so every field may be missing or have another name.
 */
export interface SharedSpaceCreatedData {
  readonly sharedSpace?: Partial<SharedSpace>;
  readonly creator?: Partial<ShowpadUser>;
  readonly [field: string]: unknown;
}

/** The payload of `COURSE_COMPLETED`. **Inferred**: only the type is documented. */
export interface CourseCompletedData {
  readonly course?: { readonly id?: string; readonly name?: string };
  readonly user?: Partial<ShowpadUser>;
  readonly [field: string]: unknown;
}

/**
 * The event types that Showpad documents publicly, and the type of their `data`. You can add what your own organization
 * receives. Name the package that you installed, for example `@showpad-webhooks/express`:
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 *
 * declare module '@showpad-webhooks/core' {
 *   interface ShowpadEventMap {
 *     'my-event': { assetId: string };
 *   }
 * }
 *
 * createReceiver({ keys: 'a-signature-key' }).on('my-event', (event) => console.log(event.data.assetId));
 * ```
 */
export interface ShowpadEventMap {
  'shared-space-user-added': Own<'shared-space-user-added', SharedSpaceUserAddedData>;
  'shared-space-created': Own<'shared-space-created', SharedSpaceCreatedData>;
  COURSE_COMPLETED: Own<'COURSE_COMPLETED', CourseCompletedData>;
}

/**
 * Replaces the types of events that are in `ShowpadEventMap` already, by declaration merging. `showpad-webhooks events add`
 * does so for an event whose Sample Body you have.
 */
// biome-ignore lint/suspicious/noEmptyInterface: Apps add to it.
export interface ShowpadEventOverrides {}

type Own<Type extends string, Data> =
  ShowpadEventOverrides extends Readonly<Record<Type, infer Found>> ? Found : Data;
