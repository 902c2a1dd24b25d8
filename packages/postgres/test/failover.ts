import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Server, startPostgres, startReplica } from '@showpad-webhooks/servers';
import type pg from 'pg';
import { CREATE_EFFECTS, openPool, readEffects, startApp, startWriter, untilHandled } from './faults.ts';

export interface FailoverReport {
  /** What `health()` said before. */
  readonly problems: readonly string[];
  readonly acknowledged: readonly string[];
  /** Those of them that were acknowledged while the replica was cut off. */
  readonly atRisk: readonly string[];
  /** Those of them whose effect is not there. */
  readonly missing: readonly string[];
  readonly doubled: readonly string[];
}

const ENOUGH_EVENTS = 30;

/** Kills a server that waits for its replica, while events are stored and handled. Then the replica takes over. */
export async function failOverToSynchronousReplica(): Promise<FailoverReport> {
  await using scene = await openScene();
  await set(scene.onPrimary, 'synchronous_standby_names', '*');
  const writer = startWriter(openPool(scene.port, 10));
  await writer.acknowledgesMore(ENOUGH_EVENTS);
  const { problems } = await writer.inbox.health();
  await scene.failOver();
  await writer.acknowledgesMore(ENOUGH_EVENTS); // The writer goes on with the new server.
  const { acknowledged } = await writer.stop();
  await untilHandled(writer.inbox);
  await writer.close();
  return { problems, acknowledged, atRisk: [], ...(await readEffects(scene.onReplica, acknowledged)) };
}

/** Does the same with a server that waits for no replica. The replica is cut off a moment before the server is killed. */
export async function failOverToAsynchronousReplica(): Promise<FailoverReport> {
  await using scene = await openScene();
  const writer = startWriter(openPool(scene.port, 10));
  await writer.acknowledgesMore(ENOUGH_EVENTS);
  const { problems } = await writer.inbox.health();
  await writer.stop();
  await scene.cutReplicaOff();
  const late = startWriter(openPool(scene.port, 10), 'late');
  await late.acknowledgesMore(ENOUGH_EVENTS);
  const { acknowledged: atRisk } = await late.stop();
  await scene.failOver();
  await untilHandled(writer.inbox);
  await Promise.all([writer.close(), late.close()]);
  const acknowledged = [...writer.acknowledged, ...atRisk];
  return { problems, acknowledged, atRisk, ...(await readEffects(scene.onReplica, acknowledged)) };
}

/** Kills and restarts a server that has `synchronous_commit` off, which acknowledges a commit before it is on the disk. */
export async function restartWithoutSync(): Promise<FailoverReport> {
  const server = await startPostgres({ synchronous_commit: 'off', wal_writer_delay: '10s' });
  const admin = openPool(server.port, 2);
  await admin.query(CREATE_EFFECTS);
  const writer = startWriter(openPool(server.port, 10));
  await writer.acknowledgesMore(ENOUGH_EVENTS);
  const { problems } = await writer.inbox.health();
  await server.kill();
  const { acknowledged } = await writer.stop();
  await server.start();
  const app = startApp(openPool(server.port, 10));
  await app.receiver.start();
  await untilHandled(writer.inbox);
  const effects = await readEffects(admin, acknowledged);
  await Promise.all([app.close(), writer.close(), admin.end()]);
  await server.remove();
  return { problems, acknowledged, atRisk: acknowledged, ...effects };
}

/** A server, its replica, and two apps that reach whichever of them is in charge at one address. */
async function openScene() {
  const primary = await startPostgres();
  const replica = await startReplica(primary);
  const [onPrimary, onReplica] = [openPool(primary.port, 2), openPool(replica.port, 2)];
  await onPrimary.query(CREATE_EFFECTS);
  const address = await openAddress(primary);
  const apps = [startApp(openPool(address.port, 10)), startApp(openPool(address.port, 10))];
  await Promise.all(apps.map(({ receiver }) => receiver.start()));
  return {
    port: address.port,
    onPrimary,
    onReplica,
    async cutReplicaOff() {
      const { rows } = await onPrimary.query('SELECT pg_current_wal_lsn() AS place');
      await until(onReplica, `SELECT pg_last_wal_replay_lsn() >= '${rows[0].place}'`);
      await set(onReplica, 'primary_conninfo', '');
      await until(onPrimary, 'SELECT count(*) = 0 FROM pg_stat_replication');
    },
    async failOver() {
      await primary.kill();
      await onReplica.query('SELECT pg_promote()');
      address.pointTo(replica);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(apps.map((app) => app.close()));
      await Promise.all([onPrimary.end(), onReplica.end()]);
      address.close();
      await Promise.all([primary.remove(), replica.remove()]);
    },
  };
}

async function set(pool: pg.Pool, setting: string, value: string): Promise<void> {
  await pool.query(`ALTER SYSTEM SET ${setting} = '${value}'`);
  await pool.query('SELECT pg_reload_conf()');
}

/** @param question is a query for one boolean. */
async function until(pool: pg.Pool, question: string): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  const ask = async () => Object.values((await pool.query(question)).rows[0]).includes(true);
  while (!(await ask())) await delay(20, undefined, { signal });
}

/** An address that leads to one server, and later to another one. */
async function openAddress(first: Server) {
  let target = first;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const upstream = connect(target.port, '127.0.0.1');
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {});
      one.once('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dropAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    pointTo(next: Server) {
      target = next;
      dropAll();
    },
    close() {
      server.close();
      dropAll();
    },
  };
}
