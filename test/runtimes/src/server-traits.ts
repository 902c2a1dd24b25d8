import type { Runtime } from './binaries.ts';

/** How the HTTP server of a runtime differs from Node's. All of it happens before or after the fetch handler. */
export interface ServerTraits {
  readonly holdsRefused?: boolean;
  readonly resetsRefused?: boolean;
  readonly hasNoPipelining?: boolean;
  /** The bodies that a parser in front of the handler does not use up. */
  readonly kept?: readonly string[];
  /** What comes back for hostile entries, by name. */
  readonly differences: Readonly<Record<string, string>>;
  /** The attacks on HTTP that the server cannot take, and why. */
  readonly untaken?: Readonly<Record<string, string>>;
}

const UNKNOWN_EXPECT = { 'http: Expect that is unknown': '200' }; // The header is ignored, and the delivery is a good one.

const TRAILERS = 'Bun answers 400 to trailers, which come after the delivery that it has already passed on';

export const SERVER_TRAITS: Readonly<Record<Runtime, ServerTraits>> = {
  bun: {
    holdsRefused: true,
    resetsRefused: true,
    hasNoPipelining: true,
    kept: ['an empty body'], // No Request has a body there, so a parser cannot use it up.
    differences: {
      ...UNKNOWN_EXPECT,
      'signature: a delete byte after it': '401 SIGNATURE_MALFORMED',
      'http: the method post': 'none',
      'http: the method HACK': 'none',
      'http: HTTP/3.0 on the line': '505',
    },
    untaken: {
      'http: trailers': TRAILERS,
      'http: a signature only in the trailers': TRAILERS,
      'http: a forged request after a good one':
        'Bun cuts the connection, while the first of the requests is still being handled',
    },
  },
  deno: {
    holdsRefused: true,
    differences: {
      ...UNKNOWN_EXPECT,
      'signature: 1 MB long': '400',
      'signature: 1 MB of signatures': '400',
      'timestamp: 100,000 digits': '400',
      'http: a chunk extension of 20 kB': '503',
      'http: the method post': '405',
      'http: the method HACK': '405',
      'http: the path of 20001 characters': '404',
      'http: a header of 16 kB': '401',
      'http: 900 headers': '400',
      'http: no Host': 'none',
    },
  },
  workerd: {
    differences: {
      ...UNKNOWN_EXPECT,
      'signature: a control byte in it': '401 SIGNATURE_MALFORMED',
      'signature: a delete byte after it': '401 SIGNATURE_MALFORMED',
      'timestamp: 100,000 digits': '401 TIMESTAMP_MALFORMED',
      'http: Transfer-Encoding and Content-Length': '200', // Chunks count. A proxy in front should refuse it.
      'http: an invalid chunk size': '503',
      'http: a chunk extension of 20 kB': '503',
      'http: the method post': '501',
      'http: the method HACK': '501',
      'http: the path of 20001 characters': '404',
      'http: a header of 16 kB': '401',
      'http: no Host': 'none',
    },
  },
};
