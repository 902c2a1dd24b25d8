import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformWithOxc } from 'vite';
import { openFolder } from './command.ts';

export interface App {
  readonly root: string;
  readonly dir: string;
  readonly recordings: string;
  /** Writes a file, and returns its path. */
  write(name: string, content: unknown): string;
  /** Writes a recording of an event, as `listen --record` does. */
  record(type: string, data: unknown, options?: { readonly isAuthentic?: boolean }): void;
}

/** The folder of an app with a package.json, a catalogue and recordings. It is deleted after the test. */
export function openApp(packageName: string = '@showpad-webhooks/express'): App {
  const root = openFolder();
  const write = (name: string, content: unknown): string => {
    const path = join(root, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
    return path;
  };
  write('package.json', { name: 'app', dependencies: { [packageName]: '1.0.0' } });
  mkdirSync(join(root, 'src'));
  mkdirSync(join(root, 'recordings'));
  let count = 0;
  return {
    root,
    dir: join(root, 'showpad-events'),
    recordings: join(root, 'recordings'),
    write,
    record(type, data, { isAuthentic = true } = {}) {
      count++;
      const body = JSON.stringify({
        type,
        specversion: 1,
        id: `event-${count}`,
        time: '2026-01-05T08:30:00Z',
        data,
      });
      write(`recordings/${String(count).padStart(6, '0')}.json`, {
        version: 1,
        receivedAt: '2026-01-05T08:30:00.000Z',
        method: 'POST',
        headers: {},
        body: Buffer.from(body).toString('base64'),
        isAuthentic,
        outcome: isAuthentic ? 'ignored' : 'rejected',
        status: isAuthentic ? 200 : 401,
      });
    },
  };
}

/** An event with what a real one may have: nested lists, nulls, and fields that not every item has. */
export const SHARED = {
  type: 'content-shared',
  specversion: 1,
  id: 'c40b30f2-fabf-4c89-aed0-f5f5aaac9a24',
  time: '2026-11-30T06:45:00.250Z',
  data: {
    initiator: {
      type: 'PARTICIPANT',
      userId: 'd40cce9cdc0945298b8120ca7de4adc7',
      email: 'chris.p.bacon@showpad.com',
      fullName: 'Chris P. Bacon',
      managerId: null,
      phone: 32477123456,
    },
    recipients: [
      {
        email: 'kent.cook@showpad.com',
        contactId: '8463e2b6c0c44715b20b2fd65201bfae',
        crm: { accountId: 'ACC-77812', stage: null },
      },
      { email: 'chris.p.bacon@showpad.com', contactId: null },
    ],
    sharedSpace: { id: '14aade8219854ed5b096b759e036e646', title: 'Breakfast Service', isArchived: false },
    sharedAt: '2026-11-30T06:45:00.250Z',
    expiresAt: null,
    link: 'https://acme.showpad.biz/share/xYz123?email=kent.cook%40showpad.com',
    message: 'Hi Kent, call me on +32 477 12 34 56 or chris.p.bacon@showpad.com',
    items: [
      {
        id: '01GVZ8663CJAREF2SJE5XQRX7W',
        name: 'Q3 deck.pdf',
        mimeType: 'application/pdf',
        size: 120456,
        tags: ['Q3', 'Kent Cook'],
        pages: [{ number: 1, seconds: 12.5 }],
      },
      {
        id: '01GVZ8663CJAREF2SJE5XQRX8A',
        name: 'Price list',
        mimeType: 'text/html',
        size: null,
        tags: [],
        pages: [],
      },
    ],
    views: { 'kent.cook@showpad.com': 3, 'Chris Bacon': 1 },
    language: 'en-GB',
    count: 2,
    isBatched: true,
  },
} as const;

interface StandardSchema {
  readonly '~standard': {
    validate(value: unknown): { readonly issues?: readonly { readonly path: readonly unknown[] }[] };
  };
}

/** The paths that a generated validator does not accept. */
export async function misfitsIn(app: App, type: string, data: unknown): Promise<readonly string[]> {
  const generated = readFileSync(join(app.root, 'src/showpad-events.ts'), 'utf8');
  const { code } = await transformWithOxc(generated, 'showpad-events.ts');
  const { schemas } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const { issues = [] } = (schemas[type] as StandardSchema)['~standard'].validate(data);
  return issues.map(({ path }) => path.join('.'));
}
