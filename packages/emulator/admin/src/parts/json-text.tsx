import type { VNode } from 'preact';

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;
/** Each colour needs an element, and nobody reads a longer text. */
const MAX_COLOURED = 50_000;

/** Shows JSON in colour, and other text as it is. */
export function JsonText({ text }: { text: string }): VNode {
  if (text.length > MAX_COLOURED || !/^\s*[[{"]/.test(text)) return <>{text}</>;
  const parts: (VNode | string)[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon, word] = match;
    const kind = string ? (colon ? 'key' : 'string') : word ? 'word' : 'number';
    parts.push(
      text.slice(end, match.index),
      <span class={`json-${kind}`}>{string ?? whole}</span>,
      colon ?? '',
    );
    end = match.index + whole.length;
  }
  return (
    <>
      {parts}
      {text.slice(end)}
    </>
  );
}
