/**
 * Returns the page with `text` in the region called `name`. Everything outside the region stays as it is.
 *
 * @param command what writes the region, as its first comment says
 * @throws Error if the page does not have the two comments that mark the region.
 */
export function replaceRegion(
  page: string,
  name: string,
  text: string,
  command = 'pnpm --dir test/bench table FILE',
): string {
  const begin = `<!-- begin ${name}, written by: ${command} -->`;
  const end = `<!-- end ${name} -->`;
  const beginsAt = page.indexOf(begin);
  const endsAt = page.indexOf(end, beginsAt);
  if (beginsAt === -1 || endsAt === -1) throw new Error(`The page needs "${begin}" and, after it, "${end}".`);
  return `${page.slice(0, beginsAt)}${begin}\n\n${text}\n\n${page.slice(endsAt)}`;
}
