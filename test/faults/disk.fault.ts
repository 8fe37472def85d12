import { isUtf8 } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { parseJournal } from '../../src/journal/codec.ts';
import { remountedFileSystem, smallFileSystem } from '../e2e/disks.ts';
import { hooks, postStart, preStop } from '../e2e/stage.ts';
import type { Service } from '../helpers/program.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { answerOf, mustEnd, mustLeaveNothing, playRounds, type Side } from './side.ts';
import { times } from './tally.ts';

async function configure({ stage: { configure: write, task } }: Side): Promise<void> {
  const tasks = [task('first'), { parallel: [task('left'), task('right')] }, task('last')];
  await write(hooks({ postStart: [task('hello')], preStop: tasks }));
}

/** A life: both hooks, each answered with 200, each task once, whatever the disk does. */
async function life(side: Side, service: Service, what: string): Promise<void> {
  const before = side.stage.executions().length;
  for (const call of [postStart, preStop]) {
    const reply = await answerOf(side, call(service), what);
    side.must('wrong', reply.kind === 'answered' && reply.status === 200, `${what}: ${JSON.stringify(reply)}`);
  }
  const executed = side.stage.executions().slice(before);
  side.must('finished again', executed.length === 5, `${what}: ${executed.join(' ')}`);
  await mustLeaveNothing(side, what);
}

it.each([
  ['full disk', smallFileSystem],
  ['read-only remount', remountedFileSystem],
])('a %s, and one that has room again', async (fault, makeDisk) => {
  await playRounds(fault, times(12), async (side, index) => {
    await configure(side);
    const disk = await makeDisk(await temporaryFolder());
    const service = await side.stage.start({ journalDir: disk.journalDir });
    await life(side, service, `round ${index}, room`);
    await disk.fill(service.pid);
    side.injected += 1;
    await life(side, service, `round ${index}, full`);
    const degraded = service.log().filter(({ event }) => event === 'journal.degraded');
    side.must('wrong', degraded.length > 0, `round ${index}: nobody was told of the ${fault}`);
    await disk.free(service.pid);
    await life(side, service, `round ${index}, freed`);
    const lives = JSON.parse(readFileSync(join(disk.journalDir, 'journal.json'), 'utf8'));
    side.must(
      'records lost',
      lives.runs.length === 6,
      `round ${index}: ${lives.runs.length} of 6 runs are on the disk`,
    );
    await mustEnd(side, service, `round ${index}`);
  });
});

/** What a disk or a person can do to the bytes of a journal. */
const DAMAGES: readonly ((bytes: Buffer, at: number) => Buffer)[] = [
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at) => Buffer.concat([bytes.subarray(0, at), Buffer.alloc(bytes.length - at)]),
  (bytes, at) => Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 0x20 : byte))),
  (bytes, at) => Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff, 0xfe]), bytes.subarray(at)]),
  () => Buffer.alloc(0),
  () => Buffer.from('{"version":99,"runs":[]}'),
];

it('torn and bit-flipped journals, and those of a newer version', async () => {
  await playRounds('damaged journal', times(60), async (side, index) => {
    await configure(side);
    const { stage, random } = side;
    const journalDir = join(stage.dir, `journal-${index}`);
    const first = await stage.start({ journalDir });
    await life(side, first, `round ${index}, whole`);
    first.kill('SIGKILL');
    await first.exited;
    const file = join(journalDir, 'journal.json');
    const bytes = readFileSync(file);
    const damage = DAMAGES[index % DAMAGES.length];
    const damaged = damage?.(bytes, Math.floor(random() * bytes.length)) ?? bytes;
    writeFileSync(file, damaged);
    side.injected += 1;
    // It may still be a good journal, with another letter in a sentence.
    const good = isUtf8(damaged) ? parseJournal(damaged.toString()) : undefined;
    const second = await stage.start({ journalDir });
    for (const call of [postStart, preStop]) {
      const reply = await answerOf(side, call(second), `round ${index}`);
      side.must('wrong', reply.kind === 'answered' && reply.status === 200, `round ${index}: ${JSON.stringify(reply)}`);
    }
    const now = parseJournal(readFileSync(file, 'utf8'));
    side.must('unreadable', now.kind === 'journal', `round ${index}: the journal after it: ${JSON.stringify(now)}`);
    const runs = new Set(now.kind === 'journal' ? now.data.runs.map(({ id }) => id) : []);
    const kept = readdirSync(journalDir).filter((name) => name !== 'journal.json');
    const told = second.log().filter(({ event }) => event === 'journal.movedAside').length;
    if (good?.kind === 'journal') {
      const lost = good.data.runs.filter(({ id }) => !runs.has(id));
      side.must('records lost', lost.length === 0, `round ${index}: of a good journal ${lost.length} runs are lost`);
      side.must('unreadable', told + kept.length === 0, `round ${index}: a good journal was moved aside`);
    } else {
      side.must('unreadable', told === 1 && kept.length === 1, `round ${index}: told ${told}, kept ${kept.join(' ')}`);
      // Whoever wants to look into what could not be read finds all of it.
      const whole = kept.every((name) => readFileSync(join(journalDir, name)).equals(damaged));
      side.must('records lost', whole, `round ${index}: what was moved aside is not what was there`);
    }
    await mustEnd(side, second, `round ${index}`);
  });
});

const SHIM = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* The size of the file that MOOD names says what becomes of the disk: 0 is well, 1 is EIO of syncs, 2 is EIO of writes of the
   journal, more is so many ms of waiting in each sync. */
static long mood(void) { struct stat s; const char *f = getenv("MOOD"); return f && stat(f, &s) == 0 ? (long)s.st_size : 0; }
static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }
static int sync_of(const char *name, int fd) {
  long m = mood();
  if (m == 1) { errno = EIO; return -1; }
  if (m > 2) usleep(m * 1000);
  return ((int (*)(int))next(name))(fd);
}
static int is_broken(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, "journal.json") && mood() == 2;
}
int fsync(int fd) { return sync_of("fsync", fd); }
int fdatasync(int fd) { return sync_of("fdatasync", fd); }
ssize_t write(int fd, const void *bytes, size_t count) {
  if (is_broken(fd)) { errno = EIO; return -1; }
  return ((ssize_t (*)(int, const void *, size_t))next("write"))(fd, bytes, count);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  if (is_broken(fd)) { errno = EIO; return -1; }
  return ((ssize_t (*)(int, const void *, size_t, off64_t))next("pwrite64"))(fd, bytes, count, at);
}
`;

/** A sync that takes longer than the journal waits for it, in ms: see `writeTimeoutMs`. */
const HANG_MS = 2500;
/** Both hooks of a life on a disk that hangs: more than the journal ever waits, and far from the end of the grace. */
const LATE_MS = 20_000;

it('EIO, slow syncs, and syncs that hang', async () => {
  const folder = await temporaryFolder();
  const [source, library] = [join(folder, 'shim.c'), join(folder, 'shim.so')];
  writeFileSync(source, SHIM);
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']);
  await playRounds('EIO, slow sync', times(24), async (side, index) => {
    await configure(side);
    const { stage, random } = side;
    const mood = join(stage.dir, `mood-${index}`);
    writeFileSync(mood, '');
    const journalDir = join(stage.dir, `journal-${index}`);
    mkdirSync(journalDir);
    const service = await stage.start({ journalDir, env: { LD_PRELOAD: library, MOOD: mood, UV_USE_IO_URING: '0' } });
    const moods = [0, 1, 0, 20 + Math.floor(random() * 200), 0, 2, 0, HANG_MS, 0];
    for (const bytes of moods) {
      writeFileSync(mood, 'x'.repeat(bytes));
      side.injected += bytes === 0 ? 0 : 1;
      const startedMs = performance.now();
      const told = degradedIn(service);
      await life(side, service, `round ${index}, mood ${bytes}`);
      const tookMs = performance.now() - startedMs;
      side.must('late', tookMs < LATE_MS, `round ${index}, mood ${bytes}: answered after ${tookMs} ms`);
      const breaks = bytes === 1 || bytes === 2 || bytes === HANG_MS;
      side.must('wrong', !breaks || degradedIn(service) > told, `round ${index}, mood ${bytes}: nobody was told`);
    }
    await mustEnd(side, service, `round ${index}`);
    const journal = JSON.parse(readFileSync(join(journalDir, 'journal.json'), 'utf8'));
    const runs = 2 * moods.length;
    side.must(
      'records lost',
      journal.runs.length === runs,
      `round ${index}: ${journal.runs.length} of ${runs} runs on the disk`,
    );
  });
});

function degradedIn(service: Service): number {
  return service.log().filter(({ event }) => event === 'journal.degraded').length;
}
