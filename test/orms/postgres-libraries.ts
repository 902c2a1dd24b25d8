import { execFile } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { PrismaPg } from '@prisma/adapter-pg';
import { drizzle } from 'drizzle-orm/node-postgres';
import { pgTable, text } from 'drizzle-orm/pg-core';
import knex from 'knex';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { DataSource, EntitySchema } from 'typeorm';

/** What a transaction of a library offers to a test. */
interface Transaction {
  /** Writes with the library's own means. */
  insert(event: string): PromiseLike<unknown>;
  /** Runs a statement, as the documents say it. */
  run(statement: string): PromiseLike<unknown>;
}

export interface Library {
  transact(work: (transaction: Transaction) => Promise<void>): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Each opens a library on a database that has the table `effects`. */
export const LIBRARIES: Readonly<Record<string, (url: string) => Promise<Library>>> = {
  async Drizzle(url) {
    const pool = new pg.Pool({ connectionString: url });
    const database = drizzle(pool);
    const effects = pgTable('effects', { event: text().notNull() });
    return {
      transact: (work) =>
        database.transaction((tx) =>
          work({
            insert: (event) => tx.insert(effects).values({ event }),
            run: (statement) => tx.execute(statement),
          }),
        ),
      close: () => pool.end(),
    };
  },

  async Knex(url) {
    const database = knex({ client: 'pg', connection: url });
    return {
      transact: (work) =>
        database.transaction((trx) =>
          work({
            insert: (event) => trx('effects').insert({ event }),
            run: (statement) => trx.raw(statement),
          }),
        ),
      close: () => database.destroy(),
    };
  },

  async Kysely(url) {
    const pool = new pg.Pool({ connectionString: url });
    const database = new Kysely<{ effects: { event: string } }>({ dialect: new PostgresDialect({ pool }) });
    return {
      transact: (work) =>
        database.transaction().execute((trx) =>
          work({
            insert: (event) => trx.insertInto('effects').values({ event }).execute(),
            run: (statement) => sql.raw(statement).execute(trx),
          }),
        ),
      close: () => database.destroy(),
    };
  },

  async Prisma(url) {
    const { PrismaClient } = await generatePrismaClient();
    const database = new PrismaClient({ adapter: new PrismaPg({ connectionString: url }) });
    return {
      transact: (work) =>
        database.$transaction((tx) =>
          work({
            insert: (event) => tx.effect.create({ data: { event } }),
            run: (statement) => tx.$queryRawUnsafe(statement),
          }),
        ),
      close: () => database.$disconnect(),
    };
  },

  async TypeORM(url) {
    const columns = { event: { type: 'text', primary: true } } as const;
    const Effect = new EntitySchema<{ event: string }>({ name: 'Effect', tableName: 'effects', columns });
    const database = await new DataSource({ type: 'postgres', url, entities: [Effect] }).initialize();
    return {
      transact: (work) =>
        database.transaction((manager) =>
          work({
            insert: (event) => manager.insert(Effect, { event }),
            run: (statement) => manager.query(statement),
          }),
        ),
      close: () => database.destroy(),
    };
  },
};

/** The part of the generated client that is used. */
interface PrismaTransaction {
  readonly effect: { create(options: { readonly data: { readonly event: string } }): PromiseLike<unknown> };
  $queryRawUnsafe(statement: string): PromiseLike<unknown>;
}

interface PrismaClient {
  $transaction(run: (tx: PrismaTransaction) => Promise<void>): Promise<void>;
  $disconnect(): Promise<void>;
}

/** Prisma generates its client from a schema. */
async function generatePrismaClient(): Promise<{
  readonly PrismaClient: new (options: { readonly adapter: PrismaPg }) => PrismaClient;
}> {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const program = fileURLToPath(new URL('node_modules/.bin/prisma', import.meta.url));
  // Only migrations need this engine, which would be downloaded. The path keeps the command from doing so.
  const env = {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  };
  await promisify(execFile)(program, ['generate', '--schema', 'schema.prisma'], { cwd, env });
  return import(pathToFileURL(`${cwd}.generated/client.ts`).href);
}
