import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';

/** Lets only those in who know ADMIN_TOKEN, and nobody if it is not set. Your app would ask its own login. */
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
