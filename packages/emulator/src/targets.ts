import { lookup as lookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

/** Whether an address leads to this machine. */
function isLoopbackAddress(address: string): boolean {
  return /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address) || address === '::1';
}

/** The host of a URL, without the brackets of IPv6. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** Where deliveries and browsers may be sent: over HTTP to this machine, and to hosts that were allowed by name. */
export interface Targets {
  isAllowed(url: URL): boolean;
  /** Looks up a host for a connection. It makes sure that `localhost` leads to this machine. */
  readonly lookup: LookupFunction;
}

export function createTargets(allowed: readonly string[]): Targets {
  const names = new Set(allowed.map((name) => name.toLowerCase()));
  return {
    isAllowed(url) {
      if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
      const host = hostOf(url);
      return names.has(host) || host === 'localhost' || (isIP(host) > 0 && isLoopbackAddress(host));
    },
    lookup(hostname, options, callback) {
      lookupAddress(hostname, options, (error, found, family) => {
        const addresses = [found].flat().map((each) => (typeof each === 'string' ? each : each?.address));
        if (!error && !names.has(hostname) && !addresses.every((each) => isLoopbackAddress(each ?? ''))) {
          callback(new Error(`${hostname} leads to another machine.`), '');
          return;
        }
        callback(error, found as string, family);
      });
    },
  };
}
