/**
 * Reads the first `maxBytes` of a body as text. `isWhole` says whether that was all of it. The rest is not read, so the
 * caller has to end the request.
 */
export async function readText(
  { body }: Response,
  maxBytes: number,
): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  if (body === null) return { text: '', isWhole: true };
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytesLeft = maxBytes;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), isWhole: true };
    text += decoder.decode(value.subarray(0, bytesLeft), { stream: true });
    bytesLeft -= value.byteLength;
    if (bytesLeft < 0) return { text, isWhole: false };
  }
}
