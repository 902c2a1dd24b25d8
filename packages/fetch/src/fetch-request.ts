/** A fetch `Request`, or what has as much of it, such as the request of Azure Functions. */
export type FetchRequest = Pick<Request, 'method' | 'headers' | 'url' | 'body' | 'bodyUsed'> & {
  readonly signal?: AbortSignal;
};
