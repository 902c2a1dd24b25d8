import { fileURLToPath } from 'node:url';

/** The folder of the repository, with a slash at its end. */
export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));
/** The folder of the site's sources, with a slash at its end. */
export const DOCS: string = fileURLToPath(new URL('../', import.meta.url));
/** The build writes files here that pages include. They are not committed. */
export const GENERATED: string = `${DOCS}.generated/`;
