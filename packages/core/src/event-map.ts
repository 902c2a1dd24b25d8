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

/** Payload of `shared-space-user-added`. **Documented**: Showpad publishes it whole. */
export interface SharedSpaceUserAddedData {
  readonly inviter: ShowpadUser;
  readonly invitee: ShowpadUser;
  readonly sharedSpace: SharedSpace;
}

/**
 * Payload of `shared-space-created`. **Inferred**: documented in prose only, as "the details of the Shared
 * Space and the user that created it". So every field may be missing or named otherwise.
 */
export interface SharedSpaceCreatedData {
  readonly sharedSpace?: Partial<SharedSpace>;
  readonly creator?: Partial<ShowpadUser>;
  readonly [field: string]: unknown;
}

/** Payload of `COURSE_COMPLETED`. **Inferred**: only the type is documented. */
export interface CourseCompletedData {
  readonly course?: { readonly id?: string; readonly name?: string };
  readonly user?: Partial<ShowpadUser>;
  readonly [field: string]: unknown;
}

/**
 * The event types that Showpad documents publicly, and their `data`. Add what you see in your own
 * organization, without waiting for a release:
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
  'shared-space-user-added': SharedSpaceUserAddedData;
  'shared-space-created': SharedSpaceCreatedData;
  COURSE_COMPLETED: CourseCompletedData;
}
