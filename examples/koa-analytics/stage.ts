import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createEmulator, type Emulator } from '@showpad-webhooks/emulator';
import { openAnalytics, type Stats } from './analytics.ts';
import { createApp } from './app.ts';

/** Two instances of the app on one file, as behind a load balancer. An emulated Showpad sends each event to both. */
export interface Stage {
  readonly showpad: Emulator;
  /** Sends an event. Resolves to the statuses when both instances have answered. */
  send(
    type: string,
    overrides?: { id?: string; time?: string; data?: unknown },
  ): Promise<(number | undefined)[]>;
  /** Asks the first instance. */
  stats(): Promise<Stats>;
  close(): Promise<void>;
}

export async function openStage(file: string, log: (line: string) => void): Promise<Stage> {
  const showpad = await createEmulator();
  const instances = await Promise.all([startInstance(), startInstance()]);

  async function startInstance() {
    const signatureKey = 'a-signature-key';
    const analytics = openAnalytics(file);
    const server = createApp({ analytics, signatureKey, log }).app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await showpad.subscriptions.create({
      name: origin,
      types: ['shared-space-user-added', 'shared-space-created', 'COURSE_COMPLETED', 'asset-viewed'],
      url: `${origin}/webhooks/showpad`,
      signatureKey,
    });
    return {
      origin,
      close() {
        server.close();
        server.closeAllConnections();
        analytics.close();
      },
    };
  }

  return {
    showpad,
    async send(type, overrides) {
      const notifications = await showpad.trigger(type, overrides);
      const attempts = notifications.map(({ id }) => showpad.waitForDelivery({ notificationId: id }));
      return (await Promise.all(attempts)).map(({ response }) => response?.status);
    },
    async stats() {
      return (await (await fetch(`${instances[0].origin}/stats`)).json()) as Stats;
    },
    async close() {
      await showpad.close();
      for (const instance of instances) instance.close();
    },
  };
}
