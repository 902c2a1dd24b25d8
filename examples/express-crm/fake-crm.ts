import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A CRM on this machine that tests can break. */
export interface FakeCrm {
  readonly url: string;
  readonly server: Server;
  /** `stalled`: it accepts requests and never answers. */
  state: 'up' | 'down' | 'stalled';
  /** How many calls it accepts before it answers 429. There is no limit unless a test sets one. */
  callsLeft: number;
  /** By email. */
  readonly contacts: ReadonlyMap<string, object>;
  /** By id. */
  readonly deals: ReadonlyMap<string, object>;
  /** The calls that it got, such as `PUT /deals 503`. */
  readonly calls: string[];
  close(): void;
}

export async function startFakeCrm(): Promise<FakeCrm> {
  const collections = { contacts: new Map<string, object>(), deals: new Map<string, object>() };
  const server = createServer(async (req, res) => {
    const [, collection, id = ''] = (req.url ?? '').split('/').map(decodeURIComponent);
    const fields = (await json(req)) as object;
    if (crm.state === 'stalled') return;
    const status = crm.state === 'down' ? 503 : crm.callsLeft-- > 0 ? 200 : 429;
    const records = collections[collection as keyof typeof collections];
    if (status === 200) records.set(id, { ...records.get(id), ...fields });
    crm.calls.push(`${req.method} /${collection} ${status}`);
    res.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const crm: FakeCrm = {
    ...collections,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    state: 'up',
    callsLeft: Number.POSITIVE_INFINITY,
    calls: [],
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return crm;
}
