import { fileURLToPath } from 'node:url';

/** The repository, with a slash at its end. */
export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));
/** The site's source, with a slash at its end. */
export const DOCS: string = fileURLToPath(new URL('../', import.meta.url));
/** What the build writes for pages to include; not committed. */
export const GENERATED: string = `${DOCS}.generated/`;
