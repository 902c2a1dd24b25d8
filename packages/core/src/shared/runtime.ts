interface Runtime {
  readonly navigator?: { readonly userAgent?: string };
}

/** True on Cloudflare Workers, where instances come and go, and where the process shows no warnings. */
export function isCloudflareWorkers(): boolean {
  return (globalThis as Runtime).navigator?.userAgent === 'Cloudflare-Workers';
}
