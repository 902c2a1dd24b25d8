import type { VNode } from 'preact';

/** A string may lack its end, so that a text full of quotes is not read again from each of them. */
const TOKEN =
  /"(?:[^"\\]|\\[\s\S])*(?:"(\s*:)?|\\?$)|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Each colour needs an element, and nobody reads a longer text. */
const MAX_COLOURED = 50_000;

/** Shows JSON in colour, and other text as it is. */
export function JsonText({ text }: { text: string }): VNode {
  if (text.length > MAX_COLOURED || !/^\s*[[{"]/.test(text)) return <>{text}</>;
  const parts: (VNode | string)[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, colon = '', word] = match;
    const kind = whole.startsWith('"') ? (colon ? 'key' : 'string') : word ? 'word' : 'number';
    const token = whole.slice(0, whole.length - colon.length);
    parts.push(text.slice(end, match.index), <span class={`json-${kind}`}>{token}</span>, colon);
    end = match.index + whole.length;
  }
  return (
    <>
      {parts}
      {text.slice(end)}
    </>
  );
}
