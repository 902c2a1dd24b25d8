export { FIDELITY_CASES, type FidelityCase, flipped, LIMIT_BYTES, sized } from './bodies.ts';
export type { BehindParser } from './body-fidelity.ts';
export { type Answer, head, open, readAll, type Sendable, send, statusOf } from './http.ts';
export { endSessionsOf, listenHttp, listenHttp2 } from './listen.ts';
export type { CreateServer, ServerSetup, TestServer } from './server.ts';
export { defineAdapterSuite, type SuiteOptions } from './suite.ts';
export { watchReading } from './watch-reading.ts';
