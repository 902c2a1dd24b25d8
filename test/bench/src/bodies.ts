import { randomUUID } from 'node:crypto';

export const SIZES: readonly number[] = [256, 1_024, 4_096, 32_768, 262_144, 1_048_576];

/** Returns an event of exactly `bytes` bytes. Like Showpad's events, it consists of small objects. */
export function eventBody(bytes: number, id: string = randomUUID()): Buffer {
  const assets: object[] = [];
  const text = (note: string) =>
    JSON.stringify({
      type: 'shared-space-user-added',
      specversion: 1,
      id,
      time: '2026-11-23T15:02:46.000Z',
      data: { sharedSpace: { id: '14aade8219854ed5b096b759e036e646', name: 'Breakfast' }, assets, note },
    });
  const least = text('').length;
  let left = bytes - least - 200;
  while (left > 0) {
    const asset = { id: '8463e2b6c0c44715b20b2fd65201bfae', name: 'Price list', views: assets.length };
    assets.push(asset);
    left -= JSON.stringify(asset).length + 1;
  }
  const padding = bytes - text('').length;
  if (padding < 0) throw new Error(`An event needs at least ${least} bytes, so it cannot have ${bytes}.`);
  return Buffer.from(text('x'.repeat(padding)));
}

export function sizeName(bytes: number): string {
  if (bytes >= 1_048_576) return `${bytes / 1_048_576} MB`;
  return bytes >= 1_024 ? `${bytes / 1_024} kB` : `${bytes} B`;
}
