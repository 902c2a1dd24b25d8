import type { Logger } from '../shared/logger.ts';
import { isCloudflareWorkers } from '../shared/runtime.ts';
import { logOrWarn } from './warn.ts';

/** What platforms set in the environment. Vercel runs on AWS Lambda, so it comes first. */
const PLATFORMS: Readonly<Record<string, string>> = {
  VERCEL: 'Vercel',
  AWS_LAMBDA_FUNCTION_NAME: 'AWS Lambda',
  K_SERVICE: 'Google Cloud Run',
  FUNCTIONS_WORKER_RUNTIME: 'Azure Functions',
  DENO_DEPLOYMENT_ID: 'Deno Deploy',
  KUBERNETES_SERVICE_HOST: 'Kubernetes',
};

/** Warns if the default ledger may not be enough, because instances of the app are several or do not last. */
export function warnOfMemoryLedger(named: { readonly receiverName: string; readonly logger: Logger }): void {
  const platform = findPlatform();
  if (platform === undefined) return;
  logOrWarn({
    ...named,
    fields: { platform },
    message:
      'No ledger was passed, so which events are handled is remembered only in the memory of this process. The app seems ' +
      `to run on ${platform}, where a retry may reach another instance, and then the event is handled twice. Pass a ledger ` +
      'or an inbox that all instances share. If there is only one instance, or handling an event twice does no harm, pass ' +
      '"ledger: createMemoryLedger()".',
    code: 'MEMORY_LEDGER',
  });
}

function findPlatform(): string | undefined {
  if (isCloudflareWorkers()) return 'Cloudflare Workers';
  const { env } = process;
  // PM2 counts its instances from 0, and the first may be the only one.
  if (Number(env.NODE_APP_INSTANCE) > 0) return 'PM2';
  const variable = Object.keys(PLATFORMS).find((name) => env[name]);
  return variable && PLATFORMS[variable];
}
