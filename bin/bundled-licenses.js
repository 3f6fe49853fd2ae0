import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The licenses of the packages whose code went into a bundle, which most of them want to be handed on with it.
 *
 * @param {string} root the project's directory
 * @param {readonly string[]} inputs the bundled files, relative to it
 */
export function bundledLicenses(root, inputs) {
  const folders = new Set(
    inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.slice(0, 1) ?? []),
  );
  const texts = [...folders].toSorted().map((folder) => {
    const path = join(root, folder);
    /** @type {{ name: string, version: string, license?: string }} */
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const file = readdirSync(path).find((entry) => /^(licen[sc]e|copying)/i.test(entry));
    if (file === undefined && license === undefined) throw new Error(`${folder} is bundled and has no license`);
    const text = file === undefined ? `License: ${license}` : readFileSync(join(path, file), 'utf8').trim();
    const notice = existsSync(join(path, 'NOTICE')) ? `\n\n${readFileSync(join(path, 'NOTICE'), 'utf8').trim()}` : '';
    return `${name} ${version}\n\n${text}${notice}\n`;
  });
  return ['pgbak holds code of these packages.\n', ...texts].join(`\n${'-'.repeat(80)}\n\n`);
}
