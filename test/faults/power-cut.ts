/**
 * What a folder is like after the machine has lost its power: of a file there is what was synced of it, whatever was written
 * since, and of the folder's names those that were synced, or those of now. A shim around the program's syncs notes both.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../helpers/random.ts';

const SHIM = `
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* Into SYNCED goes, by its inode, what each file in FOLDER had when it was synced, and in "names" what FOLDER had. */
static void keep_file(const char *path, const char *synced, ino_t inode) {
  char to[PATH_MAX], part[PATH_MAX], block[65536];
  snprintf(to, sizeof to, "%s/%lu", synced, (unsigned long)inode);
  snprintf(part, sizeof part, "%s.part", to);
  int in = open(path, O_RDONLY), out = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ssize_t got;
  while (in >= 0 && out >= 0 && (got = read(in, block, sizeof block)) > 0) if (write(out, block, got) != got) abort();
  close(in); close(out);
  rename(part, to);
}
static void keep_names(const char *folder, const char *synced) {
  char to[PATH_MAX], part[PATH_MAX];
  snprintf(to, sizeof to, "%s/names", synced);
  snprintf(part, sizeof part, "%s/names.part", synced);
  FILE *out = fopen(part, "w");
  DIR *dir = opendir(folder);
  struct dirent *entry;
  while (out && dir && (entry = readdir(dir))) if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
    fprintf(out, "%lu %s\\n", (unsigned long)entry->d_ino, entry->d_name);
  if (dir) closedir(dir);
  if (out) fclose(out);
  rename(part, to);
}
static int act(const char *name, int fd) {
  int result = ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
  const char *folder = getenv("FOLDER"), *synced = getenv("SYNCED");
  char link[64], path[PATH_MAX];
  struct stat s;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (result != 0 || !folder || !synced || length < 0 || fstat(fd, &s) != 0) return result;
  path[length] = 0;
  size_t prefix = strlen(folder);
  if (strcmp(path, folder) == 0) keep_names(folder, synced);
  else if (strncmp(path, folder, prefix) == 0 && path[prefix] == '/') keep_file(path, synced, s.st_ino);
  return result;
}
int fsync(int fd) { return act("fsync", fd); }
int fdatasync(int fd) { return act("fdatasync", fd); }
`;

/** Compiles the shim into a folder; the path of the library. */
export function syncShim(into: string): string {
  const [source, library] = [join(into, 'syncs.c'), join(into, 'syncs.so')];
  writeFileSync(source, SHIM);
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']);
  return library;
}

export interface PowerCut {
  /** The environment of a program whose syncs are noted. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Takes from the folder what would be gone. The program is to be dead. */
  cut(random: Random): void;
}

export function powerCut(library: string, folder: string, synced: string): PowerCut {
  mkdirSync(synced, { recursive: true });
  return {
    env: { LD_PRELOAD: library, FOLDER: folder, SYNCED: synced, UV_USE_IO_URING: '0' },
    cut(random) {
      const now = readdirSync(folder).map((name) => ({ name, inode: statSync(join(folder, name)).ino }));
      // Names may come to the disk before they are synced. That they do not is what a sync of the folder is for.
      const names = random() < 0.5 ? now : syncedNames(synced);
      const left = names.map(({ name, inode }) => ({ name, bytes: contentOf(folder, name, inode, synced, random) }));
      for (const dir of [folder, synced]) for (const file of readdirSync(dir)) rmSync(join(dir, file));
      const lines = left.map(({ name, bytes }) => {
        const path = join(folder, name);
        writeFileSync(path, bytes);
        const { ino } = statSync(path);
        writeFileSync(join(synced, String(ino)), bytes);
        return `${ino} ${name}\n`;
      });
      writeFileSync(join(synced, 'names'), lines.join(''));
    },
  };
}

function syncedNames(synced: string): { readonly name: string; readonly inode: number }[] {
  const file = join(synced, 'names');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ inode: Number.parseInt(line, 10), name: line.slice(line.indexOf(' ') + 1) }));
}

/** What was synced; of a file that never was, all, half, or nothing. */
function contentOf(folder: string, name: string, inode: number, synced: string, random: Random): Buffer {
  const kept = join(synced, String(inode));
  if (existsSync(kept)) return readFileSync(kept);
  const path = join(folder, name);
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  return bytes.subarray(0, Math.floor((bytes.length * Math.floor(random() * 3)) / 2));
}
