import { createTarget, type Engine, type Target } from '@showpad-webhooks/inbox-tests';
import { cpuMsOf, ownChildren } from '../../../bench/src/cpu-time.ts';

export interface Store {
  readonly target: Target;
  /** The CPU time of its server. SQLite has none. */
  serverCpuMs(): number;
  remove(): Promise<void>;
}

/** Creates a store that nothing else uses. */
export async function createStore(engine: Engine): Promise<Store> {
  const before = ownChildren();
  const { target, remove } = await createTarget(engine);
  const server = ownChildren().filter((pid) => !before.includes(pid));
  return { target, serverCpuMs: () => cpuMsOf(server), remove };
}
