import { Injectable } from '@nestjs/common';
import {
  type EventOf,
  type HandlerContext,
  OnShowpadEvent,
  type ShowpadEvent,
  type ShowpadEventMap,
} from '@showpad-webhooks/nestjs';

type Added = EventOf<ShowpadEventMap, 'shared-space-user-added'>;
type Created = EventOf<ShowpadEventMap, 'shared-space-created'>;
/** An event of the app's own, which the command "events add" typed. */
type Shared = EventOf<ShowpadEventMap, 'content-shared'>;

/** None of these may compile, although the starter is not strict. */
@Injectable()
export class WrongHandlers {
  // @ts-expect-error the method takes another event
  @OnShowpadEvent('shared-space-user-added')
  other(event: Created) {
    return event.id;
  }

  // @ts-expect-error the method takes only one of the two
  @OnShowpadEvent(['shared-space-user-added', 'shared-space-created'])
  one(event: Added) {
    return event.id;
  }

  // @ts-expect-error the method takes only one of all
  @OnShowpadEvent('*')
  narrow(event: Added) {
    return event.id;
  }

  // @ts-expect-error the method takes no event
  @OnShowpadEvent('shared-space-created')
  data(event: { email: string }) {
    return event.email;
  }

  // @ts-expect-error the second parameter is the context
  @OnShowpadEvent('shared-space-created')
  context(event: Created, attempt: number) {
    return [event.id, attempt];
  }

  // @ts-expect-error the type is misspelt
  @OnShowpadEvent('share-space-created')
  misspelt(event: Created) {
    return event.id;
  }

  // @ts-expect-error the method takes another event than the app's own
  @OnShowpadEvent('content-shared')
  notOwn(event: Created) {
    return event.id;
  }

  @OnShowpadEvent('content-shared')
  own({ data: { initiator } }: Shared) {
    // @ts-expect-error the field is misspelt
    return String(initiator.e_mail);
  }
}

/** All of these compile. */
@Injectable()
export class RightHandlers {
  @OnShowpadEvent('shared-space-user-added')
  plain(event: Added) {
    return event.data.invitee.email;
  }

  @OnShowpadEvent('shared-space-user-added')
  async both(event: Added, context: HandlerContext) {
    await Promise.resolve();
    return [event.id, context.attempt];
  }

  @OnShowpadEvent('shared-space-user-added')
  none() {}

  @OnShowpadEvent('shared-space-user-added')
  any(event: any) {
    return String(event);
  }

  @OnShowpadEvent(['shared-space-user-added', 'shared-space-created'])
  several(event: Added | Created) {
    return event.type;
  }

  @OnShowpadEvent('content-shared')
  own({ data: { initiator, items } }: Shared) {
    return [initiator.email.toLowerCase(), items.length];
  }

  @OnShowpadEvent('*')
  every(event: ShowpadEvent) {
    return event.type;
  }
}
