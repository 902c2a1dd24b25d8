import type { OverHttp } from '../measure/over-http.ts';
import { readCosts } from './costs.ts';
import type { RecordedCosts } from './recorded.ts';

export type Figures = Pick<OverHttp, 'appCpuMicros' | 'serverCpuMicros' | 'perSecond'>;

/** What a whole app should do: each figure lies between that of events that share commits and that of events that come alone. */
export interface Calculated {
  readonly shared: Figures;
  readonly alone: Figures;
}

/** Calculates what a whole app should do on the cores that were free for it, for the server and for the sender. Its handlers do nothing. */
export function calculate(measured: OverHttp, recorded: RecordedCosts): Calculated {
  const { connections, processes } = measured;
  return {
    shared: figures(measured, recorded, connections / processes),
    alone: figures(measured, recorded, 1),
  };
}

function figures(measured: OverHttp, recorded: RecordedCosts, atOnce: number): Figures {
  const { engine, processes, senderCpuMicros, freeCores } = measured;
  const { deliveryMicros, stores } = readCosts(recorded, atOnce);
  const store = engine ? stores[engine] : { loopMicros: 0, appMicros: 0, serverMicros: 0 };
  const appCpuMicros = deliveryMicros + store.appMicros;
  const allMicros = appCpuMicros + store.serverMicros + senderCpuMicros;
  const loops = (processes * 1e6) / (deliveryMicros + store.loopMicros);
  return {
    appCpuMicros,
    serverCpuMicros: store.serverMicros,
    perSecond: Math.min(loops, (freeCores * 1e6) / allMicros),
  };
}

/** By how much of itself a measured figure lies outside of what was calculated. 0: it lies in between. */
export function errorOf(figure: keyof Figures, measured: Figures, { shared, alone }: Calculated): number {
  const [least, most] = [Math.min(shared[figure], alone[figure]), Math.max(shared[figure], alone[figure])];
  const value = measured[figure];
  const outside = Math.max(least - value, value - most, 0);
  return outside === 0 ? 0 : outside / value;
}
