/** By subdomain, or by both URLs: an emulator's, a gateway's. A personal token and a function need no `tokenUrl`. */
export type Place =
  | {
      /** `acme` of `acme.showpad.biz`. */
      readonly subdomain: string;
      readonly baseUrl?: never;
      readonly tokenUrl?: never;
    }
  | {
      readonly subdomain?: never;
      /** What comes before `/subscriptions`: `https://acme.api.showpad.com/webhooks/v1`. */
      readonly baseUrl: string;
      /** Such as `https://acme.showpad.biz/api/v3/oauth2/token`. */
      readonly tokenUrl?: string;
    };

export interface Urls {
  readonly baseUrl: string;
  /** Empty where no token is asked for. */
  readonly tokenUrl: string;
}

/** @throws TypeError that names the option, the rule and the mend. */
export function readUrls({ subdomain, baseUrl, tokenUrl }: Place): Urls {
  if ((subdomain === undefined) === (baseUrl === undefined)) {
    throw new TypeError('pass either subdomain, or baseUrl with tokenUrl.');
  }
  if (baseUrl !== undefined) {
    return {
      baseUrl: checkUrl('baseUrl', baseUrl).replace(/\/+$/, ''),
      tokenUrl: tokenUrl === undefined ? '' : checkUrl('tokenUrl', tokenUrl),
    };
  }
  if (tokenUrl !== undefined) throw new TypeError('tokenUrl follows from subdomain: leave it out.');
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(`${subdomain}`)) {
    throw new TypeError('subdomain must be one label of a host name: "acme" of acme.showpad.biz.');
  }
  return {
    baseUrl: `https://${subdomain}.api.showpad.com/webhooks/v1`,
    tokenUrl: `https://${subdomain}.showpad.biz/api/v3/oauth2/token`,
  };
}

function checkUrl(option: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new TypeError(`${option} must be a URL that begins with https:// or http://.`);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new TypeError(`${option} must hold no user name, password, query or fragment.`);
  }
  if (url.protocol === 'http:' && /(^|\.)showpad\.(com|biz)$/.test(url.hostname)) {
    throw new TypeError(`${option} must begin with https://, since tokens go there.`);
  }
  return url.href;
}
