import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';

export interface LoggedIn extends Request {
  user?: string;
}

/** Asks the browser for a name and for one password. Your app has its own login, which knows who people are. */
export function requireLogin(password: string): RequestHandler {
  return (request: LoggedIn, response, next) => {
    const [, token = ''] = /^Basic (.+)$/.exec(request.get('authorization') ?? '') ?? [];
    const [, name = '', given = ''] = /^([^:]+):(.*)$/s.exec(Buffer.from(token, 'base64').toString()) ?? [];
    if (name !== '' && timingSafeEqual(digest(given), digest(password))) {
      request.user = name;
      next();
      return;
    }
    response.status(401).set('www-authenticate', 'Basic realm="operations"').send('Log in to see this.');
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
