import type { Hub } from '../hub.ts';

/** A reader that falls this far behind is disconnected. The page then connects again and loads everything. */
const MAX_WAITING_BYTES = 32 * 1_024 * 1_024;

/** Sends every change from now on, as server-sent events. */
export function changeStream(hub: Hub): Response {
  let end = () => {};
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode('retry: 500\n\n'));
        end = hub.listen((kind, read) => {
          controller.enqueue(encoder.encode(`event: ${kind}\ndata: ${JSON.stringify(read())}\n\n`));
          if ((controller.desiredSize ?? 0) > 0) return;
          end();
          controller.close();
        });
      },
      cancel: () => end(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: MAX_WAITING_BYTES }),
  );
  return new Response(stream, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  });
}
