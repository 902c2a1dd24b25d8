import type { Context, MiddlewareHandler } from 'hono';
import { readPackageFile } from '../package-files.ts';

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/admin.js': ['admin.js', 'text/javascript; charset=utf-8'],
  '/admin.css': ['admin.css', 'text/css; charset=utf-8'],
  '/admin.svg': ['admin.svg', 'image/svg+xml'],
};

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const NOT_BUILT = `The emulator is running, but its Admin page was not built here. You can get the same as JSON:
/__emulator/subscriptions, /__emulator/attempts, /__emulator/faults.
`;

/** Serves the built Admin page. Nothing of it is cached, so that an update is seen at once. */
export const adminPage: MiddlewareHandler = async (context, next) => {
  const found = FILES[context.req.path];
  if (!found || context.req.method !== 'GET') return next();
  const [file, type] = found;
  const bytes = await readPackageFile(`dist/admin/${file}`).catch(() => undefined);
  if (!bytes) return file === 'index.html' ? context.text(NOT_BUILT) : next();
  return page(context, bytes, type);
};

function page(context: Context, bytes: Buffer, type: string): Response {
  return context.body(new Uint8Array(bytes), 200, {
    'content-type': type,
    'content-security-policy': POLICY,
    'cache-control': 'no-cache',
  });
}
