import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { DataSource, EntitySchema } from 'typeorm';

export interface Contact {
  readonly id?: number;
  readonly email: string;
  readonly sharedSpace: string;
}

/** It has no unique key besides its number, so a contact that was added twice would be seen. */
export const Contact: EntitySchema<Contact> = new EntitySchema<Contact>({
  name: 'contacts',
  columns: {
    id: { type: 'integer', primary: true, generated: true },
    email: { type: 'text' },
    sharedSpace: { type: 'text', name: 'shared_space' },
  },
});

const url = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** TypeORM for the app's own tables, and a pool for the inbox, both in the same database. */
@Module({
  providers: [
    {
      provide: DataSource,
      // Use migrations instead of `synchronize` in an app of yours.
      useFactory: () =>
        new DataSource({ type: 'postgres', url, entities: [Contact], synchronize: true }).initialize(),
    },
    { provide: pg.Pool, useFactory: () => new pg.Pool({ connectionString: url, max: 12 }) },
  ],
  exports: [DataSource, pg.Pool],
})
export class DatabaseModule implements OnApplicationShutdown {
  @Inject(DataSource) private readonly dataSource!: DataSource;
  @Inject(pg.Pool) private readonly pool!: pg.Pool;

  /** The receiver is closed before that. */
  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
    await this.pool.end();
  }
}
