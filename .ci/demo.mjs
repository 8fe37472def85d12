// Plays one pod's life of the quickstart with `hookkeeper rehearse`, on another port where 8080 is taken.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The port, or a free one where somebody has it. */
function freePort(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', () => (port === 0 ? reject(new Error('no port is free')) : resolve(freePort(0))));
    server.listen(port, '127.0.0.1', () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}

const quickstart = 'k8s-examples/quickstart';
const port = await freePort(8080);
const folder = mkdtempSync(join(tmpdir(), 'hookkeeper-demo-'));
try {
  const text = readFileSync(join(quickstart, 'hooks.yaml'), 'utf8').replaceAll('8080', String(port));
  const config = port === 8080 ? join(quickstart, 'hooks.yaml') : join(folder, 'hooks.yaml');
  if (port !== 8080) writeFileSync(config, text);
  const app = `PORT=${port} ${process.execPath} ${quickstart}/app/app.mjs`;
  const args = ['--config', config, '--app', app, '--scenario', 'kubelet-restart', ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, ['dist/hookkeeper.cjs', 'rehearse', ...args], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
