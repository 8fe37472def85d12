// Builds the status page into one file: its HTML with script and style in it, and the Content-Security-Policy that lets in these
// two, by their hashes, and nothing else.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { transform } from 'esbuild';
import { PICTURE_STYLE } from '../src/observe/timeline/picture-style.ts';

const SOURCE = 'src/page';
/** What a browser of 2023 knows. */
const BROWSERS = ['chrome115', 'firefox115', 'safari16.4'];

/** `bundle` is esbuild's `build` with our options. Writes `file`. */
export async function buildStatusPage(bundle, file) {
  const script = await bundle({
    entryPoints: [`${SOURCE}/main.ts`],
    platform: 'browser',
    format: 'iife',
    target: BROWSERS,
    tsconfig: `${SOURCE}/tsconfig.json`,
    write: false,
  });
  const sheet = `${readFileSync(`${SOURCE}/page.css`, 'utf8')}${PICTURE_STYLE}`;
  const style = await transform(sheet, { loader: 'css', minify: true, target: BROWSERS });
  const parts = { '/* script */': script.outputFiles[0].text.trim(), '/* style */': style.code.trim() };
  let html = readFileSync(`${SOURCE}/page.html`, 'utf8');
  for (const [place, text] of Object.entries(parts)) {
    if (/<\/(?:script|style)/i.test(text)) throw new Error(`${place} would end early in the page`);
    html = html.replace(place, () => text);
  }
  const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(parts['/* script */'])}`,
    `style-src ${hash(parts['/* style */'])}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  writeFileSync(file, `${JSON.stringify({ policy, html })}\n`);
}
