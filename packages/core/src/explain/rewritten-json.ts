/** Indented JSON grows with its size times its depth, so larger or deeper bodies are not rewritten. */
const MAX_LENGTH = 65_536;
const MAX_DEPTH = 64;

/** The JSON of a body as other programs would write it, each with a description. Empty if the body is not JSON, or too large. */
export function* rewrittenJson(text: string): Generator<readonly [detail: string, json: string]> {
  const json = text.startsWith('\ufeff') ? text.slice(1) : text;
  if (json.length > MAX_LENGTH || depthOf(json) > MAX_DEPTH) return;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return;
  }
  const compact = JSON.stringify(value);
  // Line breaks inside of texts are escaped, so every line break here is one of the indentation.
  const indented = JSON.stringify(value, null, 1);
  const spaced = indented.replace(/,\n */g, ', ').replace(/\n */g, '');
  yield ['written again without spaces', compact];
  yield ['written again, indented by 2 spaces', JSON.stringify(value, null, 2)];
  yield ['written again, indented by 4 spaces', JSON.stringify(value, null, 4)];
  yield ['written again, indented by tabs', JSON.stringify(value, null, '\t')];
  yield ['written again with a space after each comma and colon', spaced];
  yield ['written again with spaces inside of the braces too', indented.replace(/\n */g, ' ')];
  yield ['written again with spaces inside of the braces, but not of the brackets', spacedInBraces(indented)];
  yield ['written again with non-ASCII characters escaped', escapeNonAscii(compact)];
  yield ['written again with spaces, and non-ASCII characters escaped', escapeNonAscii(spaced)];
  yield ['written again with slashes escaped', compact.replaceAll('/', '\\/')];
}

/** A line ends with "[", or begins with "]", only if that is a bracket of the JSON: a text would have its quote there. */
function spacedInBraces(indented: string): string {
  return indented.replace(/(\[?)\n *(\]?)/g, (_, open: string, close: string) => {
    return open + close || ' ';
  });
}

function escapeNonAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** How deep brackets nest. Brackets inside of texts do not count. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let isInText = false;
  for (let index = 0; index < json.length; index++) {
    const character = json[index];
    if (isInText && character === '\\') index++;
    else if (character === '"') isInText = !isInText;
    else if (isInText) continue;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth--;
  }
  return deepest;
}
