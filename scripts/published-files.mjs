// What npm gets instead of the files of the repository. In the repository, READMEs link by relative paths, which work in
// editors, on GitHub and in the site. On npm they lead nowhere, so each becomes a link to the repository.
import { posix } from 'node:path';

/** The address of a link or a picture, in Markdown or in HTML. */
const ADDRESS = /(?<before>\]\(|\b(?:src|srcset|href)=")(?<target>[^)"\s]+)/g;
const IS_ABSOLUTE = /^(?:[a-z][a-z0-9+.-]*:|#|\/)/i;
const IS_PICTURE = /\.(?:png|svg)$/;
const AUTHOR = 'the showpad-webhooks contributors';
const FENCE = /^(```.*)$/m;

/**
 * @param {string} text a README
 * @param {{ folder: string, repository: string, commit: string }} place for example `packages/core`, `https://github.com/owner/name`
 * @returns {string} the README with absolute links, to the files as they were when the package was published
 */
export function publishedReadme(text, { folder, repository, commit }) {
  let isCode = false;
  return text
    .split(FENCE)
    .map((part) => {
      if (FENCE.test(part)) isCode = !isCode;
      return isCode ? part : part.replace(ADDRESS, absolute);
    })
    .join('');

  function absolute(whole, before, target) {
    if (IS_ABSOLUTE.test(target)) return whole;
    const [path, heading] = target.split('#');
    const kind = IS_PICTURE.test(path) ? 'raw' : 'blob';
    const fragment = heading === undefined ? '' : `#${heading}`;
    return `${before}${repository}/${kind}/${commit}/${posix.join(folder, path)}${fragment}`;
  }
}

/**
 * npm shows the new fields, and refuses to record the provenance of a package without its repository. Scripts and
 * devDependencies work only in the repository.
 */
export function publishedManifest(manifest, { folder, repository }) {
  const { scripts: _, devDependencies: __, files = [], ...others } = manifest;
  return {
    ...others,
    files: [...files, 'CHANGELOG.md'],
    author: AUTHOR,
    homepage: `${repository}/tree/main/${folder}#readme`,
    bugs: `${repository}/issues`,
    repository: { type: 'git', url: `git+${repository}.git`, directory: folder },
  };
}
