export interface Line {
  readonly label: string;
  readonly color: string;
  readonly isDashed?: boolean;
  /** x and the share, from 0 to 1. */
  readonly points: readonly (readonly [number, number])[];
  /** Where the label begins. */
  readonly labelAt: readonly [number, number];
}

interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}

export interface Chart {
  /** What the chart shows, in sentences, for people who cannot see it. */
  readonly description: string;
  readonly xTitle: string;
  readonly xTicks: readonly number[];
  readonly panels: readonly Panel[];
}

// On a phone the chart is a third smaller, so the text is large. The colors are readable on a white and on a black background.
const [WIDTH, PANEL_HEIGHT] = [500, 300];
const [LEFT, RIGHT, TOP, BOTTOM] = [58, 486, 44, 238];
const GRAY = '#768390';

/** Draws panels below each other. Every panel has the same axes: the share in percent over `xTicks`. */
export function renderChart({ description, xTitle, xTicks, panels }: Chart): string {
  const xMost = Math.max(...xTicks);
  const x = (value: number) => round(LEFT + (value / xMost) * (RIGHT - LEFT));
  const y = (share: number) => round(BOTTOM - share * (BOTTOM - TOP));
  const text = (at: readonly [number, number], content: string, more = '') =>
    `<text x="${at[0]}" y="${at[1]}" ${more}>${content}</text>`;

  function renderPanel({ title, lines }: Panel, index: number): string {
    const grid = [0, 0.25, 0.5, 0.75, 1].map(
      (share) =>
        `<path d="M${LEFT} ${y(share)} H${RIGHT}" stroke="${GRAY}" stroke-opacity="${share === 0 ? 1 : 0.3}"/>` +
        text([LEFT - 8, y(share) + 5], `${share * 100} %`, 'text-anchor="end"'),
    );
    const ticks = xTicks.map((tick) => text([x(tick), BOTTOM + 22], String(tick), 'text-anchor="middle"'));
    const curves = lines.map(({ color, isDashed, points }) => {
      const path = points.map(([value, share]) => `${x(value)} ${y(share)}`).join(' L');
      return `<path d="M${path}" fill="none" stroke="${color}" stroke-width="3"${isDashed ? ' stroke-dasharray="7 5"' : ''}/>`;
    });
    const labels = lines.map(({ label, color, labelAt: [value, share] }) =>
      text([x(value), y(share)], label, `fill="${color}" font-weight="600"`),
    );
    return [
      `<g transform="translate(0 ${index * PANEL_HEIGHT})" fill="${GRAY}">`,
      text([8, 24], title, 'font-size="18" font-weight="600"'),
      ...grid,
      ...ticks,
      text([(LEFT + RIGHT) / 2, BOTTOM + 46], xTitle, 'text-anchor="middle"'),
      ...curves,
      ...labels,
      '</g>',
    ].join('\n  ');
  }

  const height = panels.length * PANEL_HEIGHT;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title" font-family="ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="16">
<title id="title">${description}</title>
${panels.map(renderPanel).join('\n')}
</svg>
`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
