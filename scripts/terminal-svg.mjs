const COLUMNS = 66;
const CASES = 3;
const [CHARACTER_WIDTH, LINE_HEIGHT, PADDING, BAR] = [8.45, 20, 16, 30];
/** Readable on light and on dark pages, because a terminal has its own background. */
const COLORS = {
  background: '#1e1e2e',
  text: '#cdd6f4',
  dim: '#9399b2',
  good: '#a6e3a1',
  bad: '#f9a8b4',
  title: '#89b4fa',
};

/**
 * Draws what `npm start` prints as a terminal: its first cases and its last line.
 *
 * @param output what it printed
 * @returns an SVG whose words depend only on the words of the output
 */
export function terminalSvg(output) {
  const printed = output
    .trim()
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:40647')
    .split('\n');
  const end = printed.findIndex((line) => line.startsWith(`${CASES + 1}. `));
  const lines = ['$ npm start', ...printed.slice(0, end), '⋮', '', printed.at(-1)].map(cut);
  const width = Math.ceil(COLUMNS * CHARACTER_WIDTH + 2 * PADDING);
  const height = BAR + lines.length * LINE_HEIGHT + PADDING;
  const texts = lines.map((line, index) => {
    const y = BAR + (index + 1) * LINE_HEIGHT - 5;
    return line && `  <text x="${PADDING}" y="${y}" fill="${colorOf(line)}">${escaped(line)}</text>`;
  });
  const dots = ['#f38ba8', '#f9e2af', '#a6e3a1'].map(
    (color, index) => `  <circle cx="${PADDING + 6 + index * 18}" cy="16" r="5" fill="${color}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace" font-size="14" xml:space="preserve">`,
    '  <title id="title">npm start: an Express app handles a signed event, takes its retry for a duplicate, and rejects a forgery with 401.</title>',
    `  <rect width="${width}" height="${height}" rx="8" fill="${COLORS.background}"/>`,
    ...dots,
    ...texts.filter((text) => text !== ''),
    '</svg>',
    '',
  ].join('\n');
}

function cut(line) {
  return line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line;
}

function colorOf(line) {
  if (/^\d\. |^\$/.test(line)) return COLORS.title;
  if (/^ {2}answer {2}2|^All answers/.test(line)) return COLORS.good;
  if (/^ {2}answer {2}/.test(line)) return COLORS.bad;
  return /^ {2}sent|^⋮/.test(line) ? COLORS.dim : COLORS.text;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(' ', '\u00a0');
}
