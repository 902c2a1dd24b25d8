// What HTTP/2 changes of the catalogue.

const CHUNKS = 'HTTP/2 has frames in place of chunks';
const LINES = 'HTTP/2 has no request line and no header lines';
const STREAMS = 'the entries for HTTP/2 have it with frames';

/** The entries for HTTP/1.1 that make no sense on HTTP/2, and why. */
export const LEFT_OUT_ON_HTTP2: Readonly<Record<string, string>> = {
  'http: an invalid chunk size': CHUNKS,
  'http: a chunk without an end': CHUNKS,
  'http: a chunk extension of 20 kB': CHUNKS,
  'http: a chunk extension': CHUNKS,
  'http: one byte a chunk': STREAMS,
  'http: chunks over the limit': STREAMS,
  'http: trailers': STREAMS,
  'http: a signature only in the trailers': STREAMS,
  'http: a folded header': LINES,
  'http: no Host': 'it is about HTTP/1.0',
  'http: HTTP/0.9': LINES,
  'http: HTTP/3.0 on the line': LINES,
  'http: something that is not HTTP': STREAMS,
  'http: a forged request after a good one': STREAMS,
};

/** Answers that HTTP/2 changes. `none`: the stream or connection closes without an answer. */
export const ON_HTTP2: Readonly<Record<string, string>> = {
  'signature: 1 MB long': 'none',
  'signature: 1 MB of signatures': 'none',
  'timestamp: 100,000 digits': 'none',
  // Node leaves out a header that has characters which HTTP does not allow.
  'signature: a NUL byte after it': '401 SIGNATURE_MISSING',
  'signature: a control byte in it': '401 SIGNATURE_MISSING',
  'signature: a delete byte after it': '401 SIGNATURE_MISSING',
  'signature: a line break and a header': '401 SIGNATURE_MISSING',
  'timestamp: a NUL after it': '401 TIMESTAMP_MISSING',
  'http: a header without a name': '200',
  'http: a header with a space in its name': '200',
  // Node compares the length with the frames, and closes the stream.
  'http: Content-Length smaller than the body': 'none',
  'http: Content-Length 0': 'none',
  'http: Content-Length negative': 'none',
  'http: Content-Length hexadecimal': 'none',
  'http: Content-Length twice, and different': 'none',
  'http: Content-Length huge': 'none',
  'http: Content-Length over the limit, and no body': '413 none',
  // HTTP/2 has no Transfer-Encoding and no absolute form, and closes the stream.
  'http: Transfer-Encoding and Content-Length': 'none',
  'http: Transfer-Encoding that is unknown': 'none',
  'http: Transfer-Encoding twice': 'none',
  'http: an absolute URI': 'none',
  'http: an absolute URI of another path': 'none',
  // Node knows no methods of HTTP/2, and leaves them all to the app.
  'http: the method post': '404 405',
  'http: the method HACK': '404 405',
  // Node accepts 64 kB of headers, but no more than 128 of them.
  'http: the path of 20001 characters': '404 414',
  'http: a header of 16 kB': '200',
  'http: 900 headers': 'none',
};
