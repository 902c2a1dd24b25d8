import { readFile } from 'node:fs/promises';
import type { WebhookResponse } from '@showpad-webhooks/core';
import { DashboardProblem, respond } from './responses.ts';

/** The folder of the built page. Sources and build are both one level below the package. */
const FOLDER = new URL('../dist/page/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  'dashboard.js': 'text/javascript; charset=utf-8',
  'dashboard.css': 'text/css; charset=utf-8',
  'dashboard.svg': 'image/svg+xml',
};

/** The last part of a path that ends with the name of a file of the page. */
export function fileOf(pathname: string): string | undefined {
  const name = pathname.slice(pathname.lastIndexOf('/') + 1);
  return Object.hasOwn(TYPES, name) ? name : undefined;
}

export async function serveFile(name: string): Promise<WebhookResponse> {
  return respond(200, TYPES[name] as string, await read(name));
}

/**
 * Serves the page itself. Its URLs are relative, so that it can be below any path. Some frameworks serve a path only without a
 * slash at its end, and then the URLs begin with the last part of the path.
 */
export async function servePage(pathname: string): Promise<WebhookResponse> {
  const html = await read('index.html');
  const last = pathname.slice(pathname.lastIndexOf('/') + 1);
  const prefix = last === '' ? './' : `./${escapeAttribute(last)}/`;
  return respond(
    200,
    'text/html; charset=utf-8',
    html.replaceAll('"./', () => `"${prefix}`),
  );
}

async function read(name: string): Promise<string> {
  try {
    return await readFile(new URL(name, FOLDER), 'utf8');
  } catch {
    throw new DashboardProblem(
      500,
      'The page is not there',
      'The files of @showpad-webhooks/dashboard were not installed with it. If a bundler builds your app, leave this package out of the bundle.',
    );
  }
}

function escapeAttribute(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
