import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stage } from '../e2e/stage.ts';
import { runProgram } from '../helpers/program.ts';
import { within } from '../helpers/within.ts';
import { play } from './recipe.ts';
import { freePort, pathOf, type RealServer, startServer } from './server.ts';

const ROWS = 10_000;

/** PostgreSQL refuses to run as root; its Debian package has a user for it. */
const AS_POSTGRES =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];

/** A folder that this user may enter, and messages in English. */
const PLACE = { cwd: '/', env: { ...process.env, LC_ALL: 'C' } };

function commandOf(program: string, args: readonly string[]): [string, ...string[]] {
  const [file, ...rest] = [...AS_POSTGRES, pathOf(program), ...args];
  return [file ?? '', ...rest];
}

async function run(program: string, ...args: string[]): Promise<string> {
  const [file, ...rest] = commandOf(program, args);
  const { stdout } = await promisify(execFile)(file, rest, PLACE);
  return stdout.trim();
}

/** An empty folder as PostgreSQL wants it: its own, and closed to others. */
async function folderOfPostgres(path: string): Promise<string> {
  await mkdir(path, { mode: 0o700 });
  if (AS_POSTGRES.length > 0) await chown(path, Number(await run('id', '-u')), Number(await run('id', '-g')));
  return path;
}

interface Database {
  readonly server: RealServer;
  query(sql: string): Promise<string>;
  /** Begins a transaction that never ends, and executes the statement in it. */
  leaveOpen(sql: string): Promise<void>;
}

async function startPostgres(data: string): Promise<Database> {
  const port = await freePort();
  const settings = ['-h', '127.0.0.1', '-c', 'unix_socket_directories='];
  const server = await startServer(commandOf('postgres', ['-D', data, '-p', String(port), ...settings]), port);
  const at = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres'];
  // It listens a moment before it takes clients.
  await within('PostgreSQL to take clients', untilReady(at));
  const client = ['-X', '-A', '-t', '-q', ...at];
  return {
    server,
    query: (sql) => run('psql', ...client, '-c', sql),
    async leaveOpen(sql) {
      const [file, ...args] = commandOf('psql', client);
      const child = spawn(file, args, { ...PLACE, stdio: ['pipe', 'pipe', 'ignore'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      child.stdin.on('error', () => {});
      child.stdin.write(`BEGIN; ${sql}; SELECT 'open';\n`);
      await within('the open transaction', once(child.stdout, 'data'));
    },
  };
}

async function untilReady(at: readonly string[]): Promise<void> {
  try {
    await run('pg_isready', ...at);
  } catch {
    await untilReady(at);
  }
}

describe('the recipe for PostgreSQL', () => {
  it('is done in spite of a client that stays, and has all that was committed, and nothing else, in the snapshot', async () => {
    const at = await stage();
    await chmod(at.dir, 0o755);
    const data = await folderOfPostgres(join(at.dir, 'data'));
    const snapshots = join(at.dir, 'snapshots');
    await run('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '--no-instructions');
    const { server, query, leaveOpen } = await startPostgres(data);
    await query(`CREATE TABLE orders AS SELECT * FROM generate_series(1, ${ROWS}) AS id`);
    await leaveOpen('INSERT INTO orders VALUES (-1)');
    const otherwise = {
      'name: postgres': `pidFile: ${data}/postmaster.pid`,
      '/var/lib/postgresql/data': data,
      '/snapshots': snapshots,
    };
    const recipe = await play('postgresql', otherwise, at);

    const outcome = 'succeeded';
    expect(await recipe.preStop()).toMatchObject({ outcome, tasks: [{ outcome }, { outcome }] });
    expect(await server.exit()).toEqual({ code: 0, signal: null });

    const restored = await folderOfPostgres(join(at.dir, 'restored'));
    expect(await runProgram(['restore', '--from', snapshots, '--to', restored])).toMatchObject({ code: 0 });
    expect(await run('pg_controldata', restored)).toMatch(/Database cluster state: +shut down\n/);
    const next = await startPostgres(restored);
    expect(await next.query('SELECT count(*), min(id), max(id) FROM orders')).toBe(`${ROWS}|1|${ROWS}`);
  });
});
