// Says what is inside the built program: the libraries that the bundler put in, for people who must know (licences) and for
// scanners (a software bill of materials). The image adds Node.js, and Debian's own list of packages.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the npm package that a bundled file belongs to; undefined for a file of ours. */
function packageFolder(file) {
  const at = file.lastIndexOf('node_modules/');
  if (at < 0) return undefined;
  const [scope, name] = file.slice(at + 'node_modules/'.length).split('/');
  return join(file.slice(0, at), 'node_modules', scope.startsWith('@') ? join(scope, name) : scope);
}

/** The packages of these files, each once, with what they say of themselves. Throws for one without a licence. */
function packagesOf(files) {
  const folders = new Set([...files].map(packageFolder).filter((folder) => folder !== undefined));
  const found = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (typeof license !== 'string') throw new Error(`${folder} names no licence: look at it before it is shipped`);
    const text = readdirSync(folder).find((file) => /^(licen[cs]e|copying)/i.test(file));
    return { name, version, license, text: text === undefined ? '' : readFileSync(join(folder, text), 'utf8').trim() };
  });
  const key = ({ name, version }) => `${name}@${version}`;
  return [...new Map(found.map((each) => [key(each), each])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, each]) => each);
}

/** CycloneDX 1.6, without a time or a random number: the same libraries give the same file. */
function billOfMaterials(packages, { name, version, license }) {
  const component = (type, each) => ({
    type,
    'bom-ref': `pkg:npm/${each.name.replace('@', '%40')}@${each.version}`,
    name: each.name,
    version: each.version,
    licenses: [{ expression: each.license }],
    purl: `pkg:npm/${each.name.replace('@', '%40')}@${each.version}`,
  });
  const root = component('application', { name, version, license });
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: root },
    components: packages.map((each) => component('library', each)),
    dependencies: [{ ref: root['bom-ref'], dependsOn: packages.map((each) => component('library', each).purl) }],
  };
}

/** Writes `sbom.cdx.json` and `LICENSES.txt` for the bundled files into `folder`. */
export function writeInside(files, folder) {
  const packages = packagesOf(files);
  if (packages.length === 0 || !existsSync(folder)) throw new Error('no bundled package was found');
  const own = JSON.parse(readFileSync('package.json', 'utf8'));
  writeFileSync(join(folder, 'sbom.cdx.json'), `${JSON.stringify(billOfMaterials(packages, own), undefined, 2)}\n`);
  const rule = '-'.repeat(80);
  const texts = packages.map(
    ({ name, version, license, text }) =>
      `${rule}\n${name} ${version} (${license})\n${rule}\n\n${text === '' ? `Its package holds no licence text; its licence is ${license}.` : text}\n`,
  );
  const head = `${own.name} ${own.version} holds these libraries, each under its own licence.\n`;
  writeFileSync(join(folder, 'LICENSES.txt'), [head, ...texts].join('\n'));
}
