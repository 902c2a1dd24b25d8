import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';

/** Lets those in who know ADMIN_TOKEN, and nobody where there is none. Yours would ask your login. */
@Injectable()
export class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { authorization = '' } = context.switchToHttp().getRequest<IncomingMessage>().headers;
    const token = process.env.ADMIN_TOKEN;
    return Boolean(token) && timingSafeEqual(digest(authorization), digest(`Bearer ${token}`));
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
