/** Where the API is: a subdomain, or both URLs of an emulator or a gateway. */
export type ApiLocation =
  | {
      /** The part `acme` of `acme.showpad.biz`. */
      readonly subdomain: string;
      readonly baseUrl?: never;
      readonly tokenUrl?: never;
    }
  | {
      readonly subdomain?: never;
      /** Everything before `/subscriptions`, such as `https://acme.api.showpad.com/webhooks/v1`. */
      readonly baseUrl: string;
      /**
       * Such as `https://acme.showpad.biz/api/v3/oauth2/token`. It is not needed with a personal token or a function as
       * `auth`.
       */
      readonly tokenUrl?: string;
    };

export interface Urls {
  readonly baseUrl: string;
  /** Empty if there is none. */
  readonly tokenUrl: string;
}

/** @throws TypeError that names the option, and says what it must be. */
export function readUrls({ subdomain, baseUrl, tokenUrl }: ApiLocation): Urls {
  if ((subdomain === undefined) === (baseUrl === undefined)) {
    throw new TypeError('Pass either subdomain, or baseUrl and tokenUrl.');
  }
  if (baseUrl !== undefined) {
    return {
      baseUrl: withoutSlashesAtEnd(checkUrl('baseUrl', baseUrl)),
      tokenUrl: tokenUrl === undefined ? '' : checkUrl('tokenUrl', tokenUrl),
    };
  }
  if (tokenUrl !== undefined) {
    throw new TypeError('Leave tokenUrl out: with a subdomain, the client knows it.');
  }
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(`${subdomain}`)) {
    throw new TypeError(
      'The option "subdomain" must be one label of a host name, such as "acme" of acme.showpad.biz.',
    );
  }
  return {
    baseUrl: `https://${subdomain}.api.showpad.com/webhooks/v1`,
    tokenUrl: `https://${subdomain}.showpad.biz/api/v3/oauth2/token`,
  };
}

function checkUrl(option: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new TypeError(`The option "${option}" must be a URL that begins with https:// or http://.`);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new TypeError(`The option "${option}" must not contain a user name, password, query or fragment.`);
  }
  if (url.protocol === 'http:' && /(^|\.)showpad\.(com|biz)$/.test(url.hostname)) {
    throw new TypeError(`The option "${option}" must begin with https://, because tokens are sent there.`);
  }
  return url.href;
}

function withoutSlashesAtEnd(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end--;
  return url.slice(0, end);
}
