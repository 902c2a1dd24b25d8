import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { type EventOf, PermanentError, type ShowpadEventMap } from '@showpad-webhooks/nestjs';

/** Lets no event of a test Shared Space into the CRM. */
@Injectable()
export class OurSpacesGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const [event] = context.getArgs<[EventOf<ShowpadEventMap, 'shared-space-user-added'>]>();
    // Returning false would fail the delivery, and Showpad would try again: this says that it need not.
    if (event.data.sharedSpace.name.startsWith('Test ')) throw new PermanentError('a test Shared Space');
    return true;
  }
}
