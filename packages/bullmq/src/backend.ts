import type { ConnectionOptions, JobState, Processor, Queue, Worker, WorkerOptions } from 'bullmq';
import type { JobData } from './job-data.ts';
import type { WaitReplicas } from './replicas.ts';
import type { ServerClock } from './server-clock.ts';

/** Where BullMQ keeps its jobs. */
export interface BullmqSource {
  /** ioredis options (also for Sentinel), or a client or Cluster of your own. */
  readonly connection: ConnectionOptions;
  /**
   * An event is stored only when so many replicas have it, so that a failover cannot lose it. Without it, Redis acknowledges
   * what its replicas may not have yet.
   */
  readonly waitReplicas?: WaitReplicas | undefined;
}

export type { Queue, Worker };

type WorkerSettings = Omit<WorkerOptions, 'connection'>;

/** What an inbox needs of Redis besides BullMQ's own calls. */
export interface Backend {
  readonly clock: ServerClock;
  createQueue(name: string): Queue;
  createWorker(name: string, processor: Processor, settings: WorkerSettings): Worker;
  /** Rejects if the queue must exist and does not. */
  checkQueue(queue: Queue): Promise<void>;
  /** Resolves to the data of a job as it is stored. */
  readData(queue: Queue, id: string): Promise<string | null>;
  /** Resolves when what was written to the queue before is as durable as the options want it. */
  confirm(queue: Queue): Promise<void>;
  /** Rejects if the server refuses to write. */
  tryToWrite(queue: Queue): Promise<void>;
  /** Says in plain words what could lose acknowledged events, or will stop them from being stored, and what to do. */
  findProblems(queue: Queue): Promise<readonly string[]>;
  /** The ids of jobs that wait for their next attempt although the last one began after `latestMs`. */
  findFromFuture(queue: Queue, latestMs: number): Promise<readonly string[]>;
  /**
   * Erases a job: only the given data stays, and it becomes completed. Resolves to the state that it was in. An active job
   * stays as it is.
   */
  eraseJob(queue: Queue, id: string, data: JobData): Promise<JobState>;
}

export interface BackendOptions {
  readonly leaseMs: number;
  readonly keepDoneBodies: boolean;
  /** No queue is created or upgraded. */
  readonly mustExist: boolean;
}
