import type { Page } from 'playwright-core';

/** Names what reaches over the right edge of the page, or over the edge of the box that cuts it off. */
const OVERFLOWING = `
  [...(document.querySelector('dialog[open]') ?? document.body).querySelectorAll('*')].flatMap((element) => {
    const style = getComputedStyle(element);
    const { right, width, height } = element.getBoundingClientRect();
    if (width <= 1 || height <= 1 || style.visibility === 'hidden' || element.closest('.skip')) return [];
    const name = element.tagName.toLowerCase() + '.' + element.className + ' "' + element.textContent.trim().slice(0, 40) + '"';
    if (right > document.documentElement.clientWidth + 1) return [name + ' ends at ' + Math.round(right) + ' px'];
    // The choice of a select ends with an ellipsis, and a text field scrolls.
    if (/^(select|option|input|textarea|svg|path)$/i.test(element.tagName) || style.display === 'inline') return [];
    return element.scrollWidth > element.clientWidth + 1
      ? [name + ' is ' + element.scrollWidth + ' px wide in a box of ' + element.clientWidth + ' px']
      : [];
  })`;

/** Names texts of different cells or labels that lie over each other. */
const OVERLAPPING = `
  (() => {
    const boxes = [...(document.querySelector('dialog[open]') ?? document.querySelector('main')).querySelectorAll(':is(th, td, label, button, .button, select, input, h1, h2, h3)')]
      .filter((element) => !element.matches('.hidden-text, .close'))
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 1 && box.height > 1);
    return boxes.flatMap(({ element, box }, index) =>
      boxes.slice(index + 1)
        .filter((other) => !element.contains(other.element) && !other.element.contains(element))
        .filter((other) =>
          Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left) > 1 &&
          Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top) > 1)
        .map((other) => element.textContent.trim().slice(0, 30) + ' / ' + other.element.textContent.trim().slice(0, 30)));
  })()`;

/** Names what is too short to be broken over several lines, and is. */
const BROKEN = `
  [...(document.querySelector('dialog[open]') ?? document.querySelector('main')).querySelectorAll('time, .badge')]
    .filter((element) => {
      const text = document.createRange();
      text.selectNodeContents(element);
      return new Set([...text.getClientRects()].map(({ top }) => Math.round(top))).size > 1;
    })
    .map((element) => element.textContent.trim())`;

/** Names what is cut off, reaches over an edge, lies over something else, or is broken over several lines. */
export async function faultsOf(page: Page, where: string): Promise<readonly string[]> {
  const overflowing = (await page.evaluate(OVERFLOWING)) as readonly string[];
  const overlapping = (await page.evaluate(OVERLAPPING)) as readonly string[];
  const broken = (await page.evaluate(BROKEN)) as readonly string[];
  return [
    ...overflowing,
    ...overlapping.map((each) => `overlap: ${each}`),
    ...broken.map((each) => `broken over several lines: ${each}`),
  ].map((each) => `${where}: ${each}`);
}
