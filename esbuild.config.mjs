// Builds the program and the demo: one minified CommonJS file each, so that a start reads one file, and `node:http` is
// loaded with `require` (an ESM import of it also loads the WebSocket client: 20 ms and 12 MB on Node 22 and newer).
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

const options = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  minify: true,
  legalComments: 'none',
  define: { HOOKKEEPER_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
};

await build({
  ...options,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/hookkeeper.cjs',
  banner: { js: '#!/usr/bin/env node' },
});
await build({ ...options, entryPoints: ['src/rehearse/demo.ts'], outfile: 'dist/demo.cjs' });
