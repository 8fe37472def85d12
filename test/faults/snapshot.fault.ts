import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { it } from 'vitest';
import { hooks, preStop } from '../e2e/stage.ts';
import { json } from '../helpers/request.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { powerCut, syncShim } from './power-cut.ts';
import { mustEnd, playRounds } from './side.ts';
import { MEMORY_MIB, times } from './tally.ts';

/** About how long a snapshot of the source takes, in ms: a kill falls into any part of it. */
const SPREAD_MS = 150;

/** Why the snapshot that `latest` names is not whole, by other programs than ours; undefined when it is. */
function damageOf(destination: string): string | undefined {
  const pointer = readdirSync(destination).find((name) => name.endsWith('.latest'));
  if (pointer === undefined) return 'there is no latest';
  const archive = readFileSync(join(destination, pointer), 'utf8').trim();
  try {
    execFileSync('sha256sum', ['--check', '--status', `${archive}.sha256`], { cwd: destination });
    execFileSync('tar', ['--list', '--gzip', '--file', archive], { cwd: destination, stdio: 'ignore' });
    return undefined;
  } catch (error) {
    return `${archive}: ${String(error)}`;
  }
}

/** What the manifests of the examples give it: see memory.fault.ts. */
const memoryMib = Math.min(MEMORY_MIB, 1) * 128;

it.each(['kill -9', 'power cut'])('a %s in the middle of snapshots', async (fault) => {
  const library = syncShim(await temporaryFolder());
  const round: Parameters<typeof playRounds>[2] = async (side, index) => {
    const { stage, random } = side;
    const { dir, configure, start } = stage;
    const [source, destination] = [join(dir, 'source'), join(dir, 'saved')];
    mkdirSync(join(source, 'folder'), { recursive: true });
    for (let file = 0; file < 10; file += 1) writeFileSync(join(source, `f${file}`), randomBytes(200_000));
    const snapshot = { source, destination, keep: 2, format: 'tar.gz' };
    await configure(hooks({ preStop: [{ name: 'saves', snapshot, timeout: '30s' }] }));
    const journalDir = join(dir, 'journal');
    mkdirSync(destination, { recursive: true });
    const power = powerCut(library, destination, join(dir, 'synced'));
    const env = fault === 'power cut' ? power.env : {};
    const service = await start({ journalDir, env });
    const call = () => preStop(service, { headers: { 'Idempotency-Key': `life-${index}-${performance.now()}` } });
    if (readdirSync(destination).length === 0) await call();
    const reply = call();
    await pause(random() * SPREAD_MS);
    service.kill('SIGKILL');
    side.injected += 1;
    await Promise.all([service.exited, reply]);
    if (fault === 'power cut') power.cut(random);
    const damage = damageOf(destination);
    side.must('good lost', damage === undefined, `round ${index}: ${damage}`);
    if (random() > 0.1) return;
    const next = await start({ journalDir, env });
    const answer = JSON.stringify(json(await preStop(next, { headers: { 'Idempotency-Key': `after-${index}` } })));
    side.must('wrong', answer.includes('"outcome":"succeeded"'), `round ${index}: ${answer}`);
    const debris = readdirSync(destination).filter((name) => name.endsWith('.tmp'));
    side.must('temporary files', debris.length === 0, `round ${index}: ${debris.join(' ')}`);
    await mustEnd(side, next, `round ${index}`);
  };
  await playRounds(`${fault} in a snapshot`, times(100), round, { memoryMib });
});
