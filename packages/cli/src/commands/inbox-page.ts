import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { type AuditLine, createDashboard } from '@showpad-webhooks/dashboard';
import type { Context } from '../context.ts';
import { listenOn } from '../http/listen-on.ts';
import { useInbox } from '../inbox/open-inbox.ts';
import { openBrowser } from '../terminal/open-browser.ts';
import { stopped } from '../terminal/stopped.ts';
import { type PageFlags, readSource } from './inbox-flags.ts';

const HOST = '127.0.0.1';

/**
 * Serves the dashboard to this machine. Its URL contains a secret, so other users of the machine do not get in, and requests for
 * another host are refused, so that no website reaches it by DNS rebinding.
 */
export async function page(flags: PageFlags, { io, output }: Context): Promise<void> {
  await useInbox(await readSource(flags, io), async ({ inbox, shown }) => {
    const dashboard = createDashboard({
      inbox,
      authorize: userName,
      readOnly: flags.readOnly ?? false,
      onAudit: ({ at, who, action, id }: AuditLine) => {
        output.note(`${at.toISOString()}  ${who}  ${action}  ${id}`);
      },
      logger: { debug() {}, info() {}, warn() {}, error: (fields) => output.note(messageOf(fields)) },
    });
    const path = `/${randomBytes(16).toString('base64url')}/`;
    const server = createServer((req, res) => {
      const { port } = server.address() as AddressInfo;
      const isOurs = [`${HOST}:${port}`, `localhost:${port}`].includes(req.headers.host ?? '');
      if (isOurs && req.url?.startsWith(path)) dashboard(req, res);
      else res.writeHead(isOurs ? 404 : 403).end();
    });
    try {
      await listenOn(server, flags.port, HOST);
      const url = `http://${HOST}:${(server.address() as AddressInfo).port}${path}`;
      output.result({ url, store: shown, inbox: inbox.name }, `Page  ${url}`);
      output.note('Whoever has this URL can see and change the inbox. Press Ctrl-C to stop.');
      if (flags.open && !(await openBrowser(url, io))) {
        output.note('No browser could be opened. Open the URL yourself.');
      }
      await stopped(io.signal);
    } finally {
      dashboard.close();
      server.close();
      server.closeAllConnections();
    }
  });
}

/** A container may have a user without a name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? ''}`.trim();
  }
}

function messageOf(fields: object): string {
  const { err } = fields as { readonly err?: unknown };
  return err instanceof Error ? err.message : String(err);
}
