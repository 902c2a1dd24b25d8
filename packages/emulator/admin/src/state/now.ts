import { useEffect, useState } from 'preact/hooks';
import { useStore } from './store.ts';

const TICK_MS = 500;

/** The emulator's time. With a manual clock it stands still. */
export function useNow(): number {
  const clock = useStore('clock');
  const [machineNow, setMachineNow] = useState(Date.now);
  const isRunning = clock?.mode !== 'manual';
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setMachineNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  if (!clock) return machineNow;
  const { mode, now, offsetMs, scale } = clock;
  return mode === 'manual' ? now : now + (machineNow - (now - offsetMs)) * scale;
}
