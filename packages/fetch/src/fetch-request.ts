/** A fetch `Request`, or an object with the same part of it, such as the request of Azure Functions. */
export type FetchRequest = Pick<Request, 'method' | 'headers' | 'url' | 'body' | 'bodyUsed'> & {
  readonly signal?: AbortSignal;
};
