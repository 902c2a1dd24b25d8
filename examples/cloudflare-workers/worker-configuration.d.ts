// "wrangler types" writes this file in your project, with all of Cloudflare's types.
declare module 'cloudflare:workers' {
  export function waitUntil(work: Promise<unknown>): void;
}
