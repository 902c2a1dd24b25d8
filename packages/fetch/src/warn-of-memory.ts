/** What is used of the globals of a runtime. Not every runtime has all of them. */
export interface Runtime {
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: {
    readonly env?: Readonly<Record<string, string | undefined>>;
    emitWarning?(warning: string, options: { readonly type: string; readonly code: string }): void;
  };
}

/** Environment variables of platforms where an instance lives only for a while, or is one of several. */
const PLATFORMS: Readonly<Record<string, string>> = {
  AWS_LAMBDA_FUNCTION_NAME: 'AWS Lambda',
  VERCEL: 'Vercel',
  NETLIFY: 'Netlify',
  K_SERVICE: 'Google Cloud Run',
  FUNCTIONS_WORKER_RUNTIME: 'Azure Functions',
  DENO_DEPLOYMENT_ID: 'Deno Deploy',
  KUBERNETES_SERVICE_HOST: 'Kubernetes',
  NODE_APP_INSTANCE: 'a PM2 cluster',
};

/** Warns, once per process, if events are remembered in the memory of an instance that does not last. */
export function warnOfMemory(
  { ledger, inbox }: { readonly ledger?: unknown; readonly inbox?: unknown },
  runtime: Runtime = globalThis as Runtime,
): void {
  if (ledger !== undefined || inbox !== undefined || isShown) return;
  const platform = platformOf(runtime);
  if (platform === undefined) return;
  isShown = true;
  runtime.process?.emitWarning?.(
    `The app seems to run on ${platform}, where an instance does not last or is one of several. The memory ledger knows ` +
      'only the events of its own instance, so a retry may be handled twice. Pass a ledger or an inbox that all instances ' +
      'share, or "ledger: false" if your handlers may run twice.',
    { type: 'ShowpadWebhooksWarning', code: 'MEMORY_LEDGER' },
  );
}

let isShown = false;

function platformOf({ navigator, process }: Runtime): string | undefined {
  if (navigator?.userAgent === 'Cloudflare-Workers') return 'Cloudflare Workers';
  const environment = process?.env ?? {};
  const name = Object.keys(PLATFORMS).find((each) => environment[each] !== undefined);
  return name && PLATFORMS[name];
}
