export { RECEIVER_OPTIONS } from '../options.ts';
export { GrowingBuffer } from './growing-buffer.ts';
export {
  type HandlerSource,
  type RouteSource,
  type ShowpadWebhooksOptions,
  toReceiver,
} from './handler-options.ts';
export {
  createNodeHandler,
  type NodeHandler,
  type NodeHandlerHooks,
  type NodeRequestOptions,
  receiveNodeRequest,
} from './node-handler.ts';
export type { NodeMessage, NodeRequest, NodeResponse, ParsedBody } from './node-request.ts';
export { checkPath, matchesPath } from './path.ts';
export { findRawBody, type RawBodySources } from './raw-body.ts';
export { type ReadBodyOptions, readBody } from './read-body.ts';
export { createRouteHandler } from './route-handler.ts';
export { writeResponse } from './write-response.ts';
