export { createTarget, ENGINES, type Engine, isInstalled, openInbox, type Target } from './engines.ts';
export { createRunReader, findOverlaps, machineMs, print, printRun, type Run } from './runs.ts';
export { createWrongClock, STEPS_SECONDS } from './stepping-clock.ts';
