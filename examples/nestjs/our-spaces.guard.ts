import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { type EventOf, PermanentError, type ShowpadEventMap } from '@showpad-webhooks/nestjs';

/** Keeps events of test Shared Spaces out of the CRM. */
@Injectable()
export class OurSpacesGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const [event] = context.getArgs<[EventOf<ShowpadEventMap, 'shared-space-user-added'>]>();
    // If this returned false, the delivery would fail and Showpad would retry. A PermanentError says that no retry helps.
    if (event.data.sharedSpace.name.startsWith('Test '))
      throw new PermanentError('This is a test Shared Space.');
    return true;
  }
}
