import type { Socket } from 'node:net';
import { open } from '@showpad-webhooks/conformance';
import type { HttpRequest } from '../catalogue/http.ts';
import type { HostileHeaders } from '../entry.ts';
import {
  FLAG,
  FRAME,
  type Frame,
  frame,
  headerBlock,
  headerFrames,
  MAX_FRAME_BYTES,
  PREFACE,
  readFrames,
  readStatus,
} from './frames.ts';
import type { HostileAnswer, Transport, Upload } from './transport.ts';

const FIRST_WINDOW_BYTES = 65_535;
/** Every connection has one request. */
export const STREAM = 1;

/** One request over HTTP/2 without TLS, in frames that the test chooses. */
export interface Http2Upload extends Upload {
  /** Sends bytes as they are, whatever the window is. */
  writeFrames(bytes: Buffer): void;
  /** Ends the connection on this side. */
  end(): void;
  /** Sends a body in frames of this size, as far as the server's window allows at each moment. */
  writeBody(body: Buffer, options?: { readonly frameBytes?: number; readonly ends?: boolean }): Promise<void>;
}

export const HTTP2: Transport = {
  unknownLength: {},
  chunk: (bytes) => bytes,

  async send(url, { method, headers, body }) {
    const length = { 'content-length': String(body.byteLength) };
    const upload = await openHttp2(url);
    upload.writeFrames(headerFrames(STREAM, headerBlock(fieldsOf(url, method, { ...length, ...headers }))));
    await upload.writeBody(body, { ends: true });
    return upload.answer.finally(upload.destroy);
  },

  async upload(url, { method, headers }) {
    const upload = await openHttp2(url);
    upload.writeFrames(headerFrames(STREAM, headerBlock(fieldsOf(url, method, headers))));
    return upload;
  },
};

/** The header fields of a request. Names are in lower case, because HTTP/2 has no others. */
export function fieldsOf(url: string, method: string, headers: HostileHeaders): [string, string][] {
  const { host, pathname, search } = new URL(url);
  const path = pathname + search;
  const pseudo = { ':method': method, ':scheme': 'http', ':authority': host, ':path': path };
  return Object.entries({ ...pseudo, ...headers }).flatMap(([name, value]) =>
    [value].flat().map((each): [string, string] => [name.toLowerCase(), String(each)]),
  );
}

export async function openHttp2(url: string): Promise<Http2Upload> {
  const socket = await open(url);
  socket.on('error', () => {}).write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0)]));
  return uploadOn(socket);
}

function uploadOn(socket: Socket): Http2Upload {
  const window = { connection: FIRST_WINDOW_BYTES, stream: FIRST_WINDOW_BYTES };
  const body: Buffer[] = [];
  let status: number | undefined;
  let hasEnded = false;
  let rest: Buffer = Buffer.alloc(0);
  const waiting: (() => void)[] = [];
  const somethingArrives = () => new Promise<void>((resolve) => waiting.push(resolve));
  const wake = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };

  const take = ({ type, flags, stream, payload }: Frame) => {
    if (type === FRAME.windowUpdate)
      window[stream === 0 ? 'connection' : 'stream'] += payload.readUInt32BE(0);
    else if (type === FRAME.settings && !(flags & FLAG.ack)) socket.write(frame(FRAME.settings, FLAG.ack, 0));
    else if (type === FRAME.goAway) hasEnded = true;
    else if (stream === STREAM) takeAnswer(type, flags, payload);
  };
  const takeAnswer = (type: number, flags: number, payload: Buffer) => {
    if (type === FRAME.data) body.push(payload);
    // 100 asks for the body, and the answer follows.
    else if (type === FRAME.headers && readStatus(payload) >= 200) status = readStatus(payload);
    if (type === FRAME.reset || ((type === FRAME.data || type === FRAME.headers) && flags & FLAG.endStream))
      hasEnded = true;
  };
  socket.on('data', (chunk: Buffer) => {
    const read = readFrames(Buffer.concat([rest, chunk]));
    rest = read.rest;
    for (const each of read.frames) take(each);
    wake();
  });
  socket.on('close', () => {
    hasEnded = true;
    wake();
  });
  const text = () => Buffer.concat(body).toString('utf8');

  async function answered(): Promise<HostileAnswer> {
    while (!hasEnded) await somethingArrives();
    return { status, body: text() };
  }

  async function writeBody(
    bytes: Buffer,
    { frameBytes = MAX_FRAME_BYTES, ends = false } = {},
  ): Promise<void> {
    let at = 0;
    while (at < bytes.length && !hasEnded) {
      const room = Math.min(window.connection, window.stream, bytes.length - at, 1_000_000);
      if (room <= 0) {
        await somethingArrives();
        continue;
      }
      socket.write(dataFrames(bytes.subarray(at, at + room), frameBytes));
      at += room;
      window.connection -= room;
      window.stream -= room;
    }
    if (ends && !hasEnded) socket.write(frame(FRAME.data, FLAG.endStream, STREAM));
  }

  return {
    writeFrames: (bytes) => void socket.write(bytes),
    end: () => void socket.end(),
    writeBody,
    write: (bytes) => writeBody(bytes),
    async until(wanted) {
      while (!text().includes(wanted) && !hasEnded) await somethingArrives();
    },
    answer: answered(),
    destroy: () => void socket.destroy(),
  };
}

/** Sends an attack that was written for HTTP/1.1, in the words of HTTP/2. */
export async function sendAttack(
  url: string,
  good: { readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer },
  { line = `POST ${good.path} HTTP/1.1`, headers, body = good.body }: HttpRequest,
): Promise<HostileAnswer> {
  const [, method = '', path = ''] = /^(\S+) (.*?) HTTP/.exec(line) ?? [];
  const bytes = Buffer.from(body);
  const extra = (headers ?? [`content-length: ${bytes.length}`]).map((text): [string, string] => {
    const colon = text.indexOf(':');
    return [text.slice(0, colon), text.slice(colon + 1).trim()];
  });
  const fields = fieldsOf(url + good.path, method, good.headers).map(([name, value]): [string, string] => [
    name,
    name === ':path' ? path : value,
  ]);
  const sender = await openHttp2(url);
  sender.writeFrames(headerFrames(STREAM, headerBlock([...fields, ...extra])));
  await sender.writeBody(bytes, { ends: true });
  return sender.answer.finally(sender.destroy);
}

/** A body, or a part of one, in frames of a size. */
export function dataFrames(bytes: Buffer, frameBytes: number = MAX_FRAME_BYTES): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += frameBytes) {
    frames.push(frame(FRAME.data, 0, STREAM, bytes.subarray(at, at + frameBytes)));
  }
  return Buffer.concat(frames);
}
