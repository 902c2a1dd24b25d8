import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Gives the garbage collector of V8, which scripts cannot call otherwise. */
export function exposeGarbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
