import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import * as z from 'zod/mini';
import { loadConfig } from '../../src/config/load.ts';
import { formatSentence } from '../../src/config/problem.ts';
import { taskTable } from '../../src/tasks/table.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookkeeper-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string | Buffer, mode = 0o644): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  return path;
}

/** What a user is told about a task of this kind with these settings; the path begins at the kind. */
function problemsOf(kind: string, settings: unknown): string[] {
  const preStop = [{ name: 'flush', [kind]: settings }];
  const text = stringify({ version: 1, containers: { app: { postStart: [], preStop } } });
  const loaded = loadConfig({ text, file: 'hooks.yaml', table: taskTable, env: {} });
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  return problems.map((problem) => {
    const prefix = problem.severity === 'warning' ? 'warning: ' : '';
    return prefix + formatSentence(problem).replace('containers.app.preStop[0].', '').replaceAll(folder, '');
  });
}

/** How exactly one problem begins; how a setting's value is shown is not the business of its kind. */
function expectProblem(kind: string, settings: unknown, beginning: string): void {
  expect(problemsOf(kind, settings).map((problem) => problem.slice(0, beginning.length))).toEqual([beginning]);
}

const HTTP = { url: 'http://127.0.0.1:8080/drain' };

describe('settings that are right', () => {
  it.each([
    ['exec', { command: ['/bin/true'] }],
    ['exec', { command: ['true', ''], env: { 'A.b-c_1': '' }, inheritEnv: ['PATH'], workingDir: '/', killAfter: '0s' }],
    ['exec', { shell: 'true', successExitCodes: [0, 255], killAfter: '1m30s' }],
    ['exec', { command: [file('script', '#!/bin/sh\n', 0o755)] }],
    ['exec', { command: [file('by-env', '#!/usr/bin/env sh\n', 0o755)] }],
    ['exec', { command: ['./script'], workingDir: folder }],
    ['exec', { command: ['/bin/sh', file('plain', 'exit 0')] }],
    ['exec', { command: ['/bin/sh', './plain'], workingDir: folder }],
    ['exec', { command: ['sh', '-e', '/made/later.sh'] }],
    ['http', HTTP],
    [
      'http',
      { ...HTTP, method: 'PURGE', headers: { Host: 'app' }, body: '', expect: [200, '3xx'], onStatus: { 404: 'skip' } },
    ],
    ['http', { ...HTTP, headersFromFiles: { 'X-T': file('token', 'x'), Authorization: { file: file('token', 'x') } } }],
    ['http', { ...HTTP, bodyFile: file('body', ''), maxBody: '16Mi', unixSocket: '/tmp/app.sock' }],
    ['http', { url: 'https://[::1]:8443', ca: join(import.meta.dirname, '../fixtures/tasks/ca.pem') }],
    ['http', { url: 'https://app', insecureSkipTLSVerify: true }],
    ['http', { ...HTTP, method: 'HEAD' }],
    ['http', { ...HTTP, capture: { nodeId: '$.node_id', _x: "$['a b'][-1]" } }],
    ['file', { write: '/tmp/hookkeeper-a', content: 'x', mode: '640' }],
    ['file', { touch: '/tmp/...' }],
    ['file', { remove: '/tmp/../tmp/.b' }],
    ['signal', { send: 'QUIT', to: { commandLine: '^nginx: master' }, stall: '10s', every: '1s' }],
    ['signal', { send: 'USR1', to: { name: 'haproxy', pidFile: '/run/haproxy.pid' }, untilGone: true, atLeast: '1s' }],
    ['signal', { send: 'HUP', to: { name: 'shop/worker' } }],
    ['signal', { send: 'HUP', to: { name: 'nginx' }, all: true, onMissing: 'fail' }],
    ['sleep', '5s'],
    ['sleep', { duration: '500ms' }],
    ['sleep', { duration: '5s', jitter: '0s' }],
    ['waitFor', { tcp: '127.0.0.1:8080' }],
    ['waitFor', { tcp: { address: '[::1]:8080', is: 'closed' }, every: '50ms', atLeast: '5s', lookTimeout: '1s' }],
    ['waitFor', { http: { ...HTTP, expect: [200], matches: 'ok', json: { path: '$', exists: true } }, gone: 'skip' }],
    ['waitFor', { http: HTTP, seenFirst: { http: HTTP }, stall: '10s', gone: 'succeed' }],
    ['waitFor', { metric: { ...HTTP, name: 'a:b', below: 1, labels: { a: 'x', b: ['x', ''] }, onMissing: 'zero' } }],
    ['waitFor', { metric: { ...HTTP, name: 'a', equals: 0, without: { a: { matches: '(?!x)' } }, aggregate: 'max' } }],
    ['waitFor', { file: folder }],
    ['waitFor', { file: { path: '/no/such/folder/file', is: 'absent' } }],
    ['waitFor', { process: { name: 'nginx', commandLine: '^nginx: ', pidFile: join(folder, 'pid'), is: 'gone' } }],
  ])('%s: %j', (kind, settings) => {
    // Whether other processes can be seen depends on where the test runs.
    const problems = problemsOf(kind, settings).filter((problem) => !problem.includes('shareProcessNamespace'));
    expect(problems).toEqual([]);
  });
});

describe('settings that are wrong', () => {
  it.each([
    [{ to: { name: 'nginx' } }, 'signal.send is missing'],
    [
      { send: 'QUIT', to: { name: '/usr/sbin/nginx' } },
      'signal.to.name must be the name of a program without its path',
    ],
    [{ send: 'SIGTERM', to: { name: 'nginx' } }, 'signal.send must be one of TERM, QUIT'],
    [{ send: 'TERM' }, 'signal.to is missing'],
    [{ send: 'TERM', to: {} }, 'signal.to must have a name, a commandLine or a pidFile'],
    [{ send: 'TERM', to: { pid: 7 } }, 'signal.to.pid is not a known key'],
    [{ send: 'TERM', to: { commandLine: '(' } }, 'signal.to.commandLine must be a regular expression'],
    [
      { send: 'HUP', to: { name: 'nginx' }, stall: '5s' },
      'signal must have every, atLeast and stall only where it waits: value is a mapping, remove them, or write untilGone: true',
    ],
    [
      { send: 'TERM', to: { name: 'nginx' }, untilGone: false, every: '1s' },
      'signal must have every, atLeast and stall only where it waits',
    ],
  ])('signal: %j', (settings, problem) => {
    expectProblem('signal', settings, problem);
  });

  it.each([
    [{}, 'file must have exactly one of write, touch and remove'],
    [{ touch: '/tmp/a', remove: '/tmp/a' }, 'file must have exactly one of write, touch and remove'],
    [{ tuch: '/tmp/a' }, 'file.tuch is not a known key: did you mean "touch"?'],
    [{ touch: 'a' }, 'file.touch must be an absolute path of a file, such as /shared/draining'],
    [{ write: '/tmp/' }, 'file.write must be an absolute path of a file, such as /shared/draining'],
    [{ remove: '/tmp/..' }, 'file.remove must be an absolute path of a file, such as /shared/draining'],
    [{ remove: '/' }, 'file.remove must be an absolute path of a file, such as /shared/draining'],
    [{ touch: '/tmp/a\0b' }, 'file.touch must be an absolute path of a file, such as /shared/draining'],
    [{ touch: '/tmp/a', content: '' }, 'file must have content, contentFile and mode only beside write'],
    [
      { write: '/tmp/a', content: '', contentFile: '/etc/passwd' },
      'file must have at most one of content and contentFile',
    ],
    [
      { write: '/tmp/a', mode: 644 },
      'file.mode must be an octal mode in quotes, such as "0644": value is 644, write "0644"',
    ],
    [
      { write: '/tmp/a', mode: 493 },
      'file.mode must be an octal mode in quotes, such as "0644": value is 493, write "0755"',
    ],
    [
      { write: '/tmp/a', mode: 420 },
      'file.mode must be an octal mode in quotes, such as "0644": value is 420, write "0644" if a tool has made 420 of that, else "0420"',
    ],
    [
      { write: '/tmp/a', mode: 8.5 },
      'file.mode must be an octal mode in quotes, such as "0644": value is 8.5, correct it',
    ],
    [
      { write: '/tmp/a', mode: true },
      'file.mode must be an octal mode in quotes, such as "0644": value is true, correct it',
    ],
    [{ write: '/tmp/a', mode: '4755' }, 'file.mode must be an octal mode in quotes, such as "0644"'],
    [{ write: '/tmp/a', content: 5 }, 'file.content must be text: value is (hidden)'],
    [{ touch: '/no/such/folder/a' }, 'file.touch must lie in a folder that we can write to'],
  ])('file: %j', (settings, problem) => {
    expectProblem('file', settings, problem);
  });

  it.each([
    [{}, 'exec must have either command or shell'],
    [{ command: ['true'], shell: 'true' }, 'exec must have either command or shell'],
    [{ comand: ['true'] }, 'exec.comand is not a known key: did you mean "command"?'],
    [{ command: 'true' }, 'exec.command must be a list'],
    [{ command: [] }, 'exec.command must have at least 1 item'],
    [{ command: ['true', 1] }, 'exec.command[1] must be text'],
    [{ command: [''] }, 'exec.command[0] must be an executable file'],
    [{ shell: 'a\0b' }, 'exec.shell must not hold a NUL character'],
    [
      { shell: `true ${'x'.repeat(140_000)}` },
      'exec.shell must have at most 130000 bytes, as Linux gives no program a longer argument or variable: value is 140005 bytes, ' +
        'put it into a file, and run that: command: [/bin/sh, FILE]',
    ],
    [{ command: ['true', 'x'.repeat(130_001)] }, 'exec.command[1] must have at most 130000 bytes'],
    [{ command: ['true'], env: { LONG: 'ä'.repeat(65_001) } }, 'exec.env.LONG must have at most 130000 bytes'],
    [
      { shell: 'true', env: { 'A=B': 'x' } },
      'exec.env["A=…"] must be the name of an environment variable, and not begin with HOOKKEEPER_',
    ],
    [
      { shell: 'true', env: { HOOKKEEPER_RUN: 'x' } },
      'exec.env.HOOKKEEPER_RUN must be the name of an environment variable, and not begin with HOOKKEEPER_',
    ],
    [{ shell: 'true', env: { PORT: 8080 } }, 'exec.env.PORT must be text'],
    [{ shell: 'true', killAfter: 2 }, 'exec.killAfter must be a duration with a unit such as 30s or 1m30s'],
    [{ shell: 'true', successExitCodes: [] }, 'exec.successExitCodes must have at least 1 item'],
    [{ shell: 'true', successExitCodes: [256] }, 'exec.successExitCodes[0] must be at most 255'],
    [
      { command: ['/no/such/program'] },
      'exec.command[0] must be an executable file: value is /no/such/program (not there), use an image that has it, mount it, or correct the path',
    ],
    [
      { command: ['no-such-program'] },
      'exec.command[0] must be an executable file: value is no-such-program (not there), use an image that has it, mount it, or correct the path',
    ],
    [
      { command: ['/etc'] },
      'exec.command[0] must be an executable file: value is /etc (a directory), use an image that has it, mount it, or correct the path',
    ],
    [
      { command: ['true'], env: { PATH: '/nowhere' } },
      'exec.command[0] must be an executable file: value is true (not there), use an image that has it, mount it, or correct the path',
    ],
    [
      { command: [file('not-x', '#!/bin/sh\n')] },
      'exec.command[0] must be an executable file: value is /not-x (not executable), set its x bit (defaultMode: 0555 on the volume), or run it through its interpreter: command: [/bin/sh, /not-x]',
    ],
    [
      { command: [file('bash', '#! /opt/bash -e\n', 0o755)] },
      'exec.command[0] must name an interpreter that is there: value is /bash begins with "#! /opt/bash -e" (not there), use an image that has it, or another interpreter',
    ],
    [
      { command: [file('crlf', '#!/bin/sh\r\n', 0o755)] },
      'exec.command[0] must have LF line ends: value is /crlf begins with "#!/bin/sh\\r", save the script with LF line ends, not CRLF',
    ],
    [
      { command: [file('crlf-and-option', '#!/bin/sh -e\r\n', 0o755)] },
      'exec.command[0] must have LF line ends: value is /crlf-and-option begins with "#!/bin/sh -e\\r", save the script',
    ],
    [
      { command: [file('env', '#!/usr/bin/env no-such-shell\n', 0o755)] },
      'exec.command[0] must name an interpreter that is there: value is /env begins with "#!/usr/bin/env no-such-shell" (not there), use an image that has it, or another interpreter',
    ],
    [
      { command: ['/bin/sh', '/no/flush.sh'] },
      'exec.command[1] must be a script: value is /no/flush.sh (not there), use an image that has it, mount it, or correct the path',
    ],
    [
      { command: ['true'], workingDir: '/no/such/folder' },
      'exec.workingDir must be a directory: value is /no/such/folder (not there), use an image that has it, mount it, or correct the path',
    ],
    [
      { command: ['true'], inheritEnv: ['NOT_SET'] },
      "warning: exec.inheritEnv[0] must be set in Hookkeeper's own environment: value is NOT_SET is not set, set it in the container, or remove it here",
    ],
  ])('exec: %j', (settings, problem) => {
    expectProblem('exec', settings, problem);
  });

  it.each([
    [{}, 'http.url is missing'],
    [
      { url: 'http://app', unixSocket: `/run/${'a'.repeat(104)}` },
      'http.unixSocket must have at most 108 bytes, as Linux takes no longer path of a socket: value is ',
    ],
    [{ url: 'localhost:8080/drain' }, 'http.url must be an http or https URL'],
    [{ url: '/drain' }, 'http.url must be an http or https URL'],
    [{ url: 'http://me:hush@app' }, 'http.url must be a URL without user and password'],
    [{ ...HTTP, method: 'post' }, 'http.method must be a method such as POST, in capitals'],
    [{ ...HTTP, method: 'CONNECT' }, 'http.method must be a method such as POST, in capitals'],
    [{ url: 'http://$(host)/' }, 'http.url must have captured values in its path and query only'],
    [{ url: 'http://me:$(password)@127.0.0.1/' }, 'http.url must be a URL without user and password'],
    [{ url: 'http://app:$(port)/' }, 'http.url must have captured values in its path and query only'],
    [
      { ...HTTP, capture: { id: 'node_id' } },
      'http.capture.id must begin with $, the whole document: $.status: value is "node_id", write for instance $.node_id or $.nodes[0]["node id"]',
    ],
    [{ ...HTTP, capture: { PATH: '$.a' } }, 'http.capture.PATH must be a name such as nodeId'],
    [
      { ...HTTP, capture: Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`v${index}`, '$'])) },
      'http.capture must have at most 20 values',
    ],
    [{ ...HTTP, header: {} }, 'http.header is not a known key: did you mean "headers"?'],
    [
      { ...HTTP, headers: { 'X T': 'x' } },
      'http.headers["X T"] must be the name of a header that is not about the connection (Connection, Content-Length)',
    ],
    [
      { ...HTTP, headers: { connection: 'x' } },
      'http.headers.connection must be the name of a header that is not about the connection (Connection, Content-Length)',
    ],
    [{ ...HTTP, headers: { 'X-T': 'two\nlines' } }, 'http.headers.X-T must be one line of Latin-1 text'],
    [
      { ...HTTP, headers: { 'X-T': 'x' }, headersFromFiles: { 'x-t': file('t', 'x') } },
      'http must name each header once',
    ],
    [
      { ...HTTP, headersFromFiles: { 'X-T': '/no/token' } },
      'http.headersFromFiles.X-T must be a file that can be read: value is /no/token (not there), mount it into this container, or correct the path',
    ],
    [
      { ...HTTP, headersFromFiles: { 'X-T': { file: '/etc' } } },
      'http.headersFromFiles.X-T.file must be a file that can be read: value is /etc (not a file), mount it into this container, or correct the path',
    ],
    [
      { ...HTTP, headersFromFiles: { 'X-T': file('big', Buffer.alloc(20_000)) } },
      'http.headersFromFiles.X-T must be a file that can be read: value is /big (larger than 16Ki), mount it into this container, or correct the path',
    ],
    [
      { ...HTTP, method: 'HEAD', capture: { id: '$.id' } },
      'http must have another method than HEAD to capture values: no answer to it has a body: value is a mapping, write',
    ],
    [{ ...HTTP, body: '', bodyFile: file('b', '') }, 'http must have at most one of body and bodyFile'],
    [
      { ...HTTP, bodyFile: '/no/body' },
      'http.bodyFile must be a file that can be read: value is /no/body (not there), mount it into this container, or correct the path',
    ],
    [{ ...HTTP, expect: [] }, 'http.expect must have at least 1 item'],
    [{ ...HTTP, expect: [99] }, 'http.expect[0] must be a status from 200 to 599, or a class such as 2xx'],
    [
      { ...HTTP, expect: ['200'] },
      'http.expect[0] must be a status from 200 to 599, or a class such as 2xx: value is "200", write it without quotes',
    ],
    [{ ...HTTP, expect: ['1xx'] }, 'http.expect[0] must be a status from 200 to 599, or a class such as 2xx'],
    [
      { ...HTTP, onStatus: { '40x': 'skip' } },
      'http.onStatus["40x"] must be a status from 200 to 599, or a class such as 2xx',
    ],
    [{ ...HTTP, onStatus: { 404: 'ignore' } }, 'http.onStatus["404"] must be one of ok, retry, skip, fail'],
    [{ ...HTTP, maxBody: 65536 }, 'http.maxBody must be text'],
    [{ ...HTTP, maxBody: '64KB' }, 'http.maxBody must be a size such as 64Ki or 1Mi'],
    [{ ...HTTP, maxBody: '17Mi' }, 'http.maxBody must be at most 16Mi'],
    [{ ...HTTP, insecureSkipTLSVerify: true }, 'http must have an https URL where ca or insecureSkipTLSVerify is set'],
    [
      { url: 'https://app', ca: '/no/ca.pem' },
      'http.ca must be a file that can be read: value is /no/ca.pem (not there), mount it into this container, or correct the path',
    ],
    [
      { url: 'https://app', ca: file('der', 'x') },
      'http.ca must hold certificates: value is /der (none in it), write the certificates in PEM, BEGIN and END lines included',
    ],
    [
      { ...HTTP, unixSocket: '/no/app.sock' },
      'warning: http.unixSocket must lie in a folder that is there: value is /no (not there), share the folder with the app through a volume, or correct the path',
    ],
  ])('http: %j', (settings, problem) => {
    expectProblem('http', settings, problem);
  });

  it.each([
    [5, 'sleep must be a duration with a unit such as 30s or 1m30s: value is 5, write "5s"'],
    ['5', 'sleep must be a duration with a unit such as 30s or 1m30s: value is "5", write "5s"'],
    ['0s', 'sleep must be at least 1ms'],
    [0, 'sleep must be at least 1ms: value is 0, write a longer duration'],
    [{ duration: 5 }, 'sleep.duration must be a duration with a unit such as 30s or 1m30s: value is 5, write "5s"'],
    [{ duration: '5s', jiter: '1s' }, 'sleep.jiter is not a known key: did you mean "jitter"?'],
    [{ duration: '5s', jitter: 1 }, 'sleep.jitter must be a duration with a unit such as 30s or 1m30s'],
  ])('sleep: %j', (settings, problem) => {
    expectProblem('sleep', settings, problem);
  });

  it.each([
    [{}, 'waitFor must have exactly one of tcp, http, metric, file, process: value is none, say what has to hold'],
    [
      { tcp: 'app:1', file: '/' },
      'waitFor must have exactly one of tcp, http, metric, file, process: value is tcp and file, remove all but one',
    ],
    [{ tpc: 'app:1' }, 'waitFor.tpc is not a known key: did you mean "tcp"?'],
    [{ tcp: 'app' }, 'waitFor.tcp must be a host and a port such as 127.0.0.1:8080 or [::1]:8080: value is "app"'],
    [{ tcp: 8080 }, 'waitFor.tcp must be a mapping or a host and a port such as 127.0.0.1:8080'],
    [{ tcp: { address: 8080 } }, 'waitFor.tcp.address must be a host and a port such as 127.0.0.1:8080'],
    [{ tcp: 'app:65536' }, 'waitFor.tcp must be a host and a port'],
    [{ tcp: 'http://app:80' }, 'waitFor.tcp must be a host and a port'],
    [{ tcp: { address: '::1:80' } }, 'waitFor.tcp.address must be a host and a port'],
    [{ tcp: { address: 'app:80', is: 'up' } }, 'waitFor.tcp.is must be one of open, closed'],
    [
      { http: { ...HTTP, method: 'HEAD', matches: 'x' } },
      'waitFor.http must have another method than HEAD for json and',
    ],
    [
      { http: { ...HTTP, method: 'HEAD', json: { path: '$.a', equals: 1 } } },
      'waitFor.http must have another method than HEAD for json and matches: no answer to it has a body',
    ],
    [
      { http: { ...HTTP, json: { path: '$.a', equals: [] } } },
      'waitFor.http.json.equals must be text or a number or true or false or null: ',
    ],
    [{ http: { ...HTTP, body: 'x' } }, 'waitFor.http.body is not a known key'],
    [{ http: { ...HTTP, ca: '/no/ca.pem' } }, 'waitFor.http must have an https URL where ca'],
    [
      { http: { ...HTTP, headersFromFiles: { A: '/no/a' } } },
      'waitFor.http.headersFromFiles.A must be a file that can',
    ],
    [
      { http: { ...HTTP, matches: '(a' } },
      'waitFor.http.matches must be a regular expression: value is "(a", correct it: unterminated group',
    ],
    [{ http: { ...HTTP, json: { path: '$..a', exists: true } } }, 'waitFor.http.json.path must go on with .name'],
    [
      { http: { ...HTTP, json: { path: '$.a' } } },
      'waitFor.http.json must have exactly one of equals, exists, matches, below, atMost, atLeast, above: value is none, say what the value has to be: exists: true if any will do',
    ],
    [{ http: { ...HTTP, json: { path: '$.a', equals: [1] } } }, 'waitFor.http.json.equals must be'],
    [
      { http: { url: 'http://app/$(id)' } },
      'waitFor.http.url must use only values that an earlier task of the hook captures: value is $(id)',
    ],
    [
      { tcp: 'app:1', seenFirst: { http: { url: 'http://app/$(id)' } } },
      'waitFor.seenFirst.http.url must use only values that an earlier task of the hook captures',
    ],
    [{ tcp: 'app:1', seenFirst: {} }, 'waitFor.seenFirst must have exactly one of tcp, http'],
    [{ metric: { ...HTTP, name: 'a-b', below: 1 } }, 'waitFor.metric.name must be the name of a metric'],
    [
      { metric: { ...HTTP, name: 'a' } },
      'waitFor.metric must have exactly one of equals, below, atMost, atLeast, above',
    ],
    [{ metric: { ...HTTP, name: 'a', below: '1' } }, 'waitFor.metric.below must be a number'],
    [
      { metric: { ...HTTP, name: 'a', below: 1, labels: { 'a.b': 'x' } } },
      'waitFor.metric.labels["a.b"] must be the name of a label',
    ],
    [{ metric: { ...HTTP, name: 'a', below: 1, labels: { a: 1 } } }, 'waitFor.metric.labels.a must be'],
    [
      { file: { path: '/etc', is: 'absent', matches: 'x' } },
      'waitFor.file must have no matches where it has to be absent',
    ],
    [
      { file: '/no/such/file' },
      'warning: waitFor.file must lie in a folder that is there: value is /no/such (not there)',
    ],
    [{ file: { path: '/no/such/file' } }, 'warning: waitFor.file.path must lie in a folder that is there'],
    [{ process: { name: 'nginx' } }, 'waitFor.process.is is missing: add it; it must be one of gone, present'],
    [{ process: { is: 'gone' } }, 'waitFor.process must have a name, a commandLine or a pidFile'],
    [
      { process: { name: 'x', is: 'gone', pidFile: '/no/pid' } },
      'warning: waitFor.process.pidFile must lie in a folder',
    ],
    [{ tcp: 'app:1', every: '1ms' }, 'waitFor.every must be at least 10ms'],
    [{ tcp: 'app:1', gone: 'ignore' }, 'waitFor.gone must be one of fail, succeed, skip'],
  ])('waitFor: %j', (settings, problem) => {
    expectProblem('waitFor', settings, problem);
  });

  it('are all told at once', () => {
    expect(problemsOf('http', { method: 'post', maxBody: 1, onStatus: { 1: 'x' } })).toHaveLength(4);
    expect(problemsOf('exec', { successExitCodes: [-1], killAfter: 1, nonsense: 1 })).toHaveLength(3);
  });
});

describe('a place of snapshots of a kind that it cannot be', () => {
  const either = 'value is a mapping, write it in one of these forms';

  it('is told with what it may be', () => {
    expect(problemsOf('restore', { from: { url: 'http://x/' }, to: '/tmp/a' })).toEqual([
      `restore.from must be text or a mapping with a bucket and no URL: ${either}`,
    ]);
    const both = { bucket: 'bucket', url: 'http://x/', scratch: '/tmp' };
    expect(problemsOf('snapshot', { source: '/tmp', destination: both })).toEqual([
      `snapshot.destination must be text or a mapping with a bucket and no URL or a mapping with a URL and no bucket: ${either}`,
    ]);
  });
});

describe('what has to pass before a task can succeed', () => {
  const TO = { name: 'x' };
  const long = { atLeast: '30s' };

  it.each([
    ['drain', { ports: [80], quietFor: '30s' }, 'drain.quietFor'],
    ['drain', { ports: [80], ...long }, 'drain.atLeast'],
    ['waitFor', { tcp: '127.0.0.1:80', ...long }, 'waitFor.atLeast'],
    ['signal', { send: 'HUP', to: TO, untilGone: true, ...long }, 'signal.atLeast'],
  ])('is held against the time there is: %s %j', (kind, settings, key) => {
    expectProblem(kind, settings, `warning: ${key} should be shorter than 24.75s (`);
  });

  it.each([
    ['sleep', { duration: '20s' }],
    ['drain', { ports: [80], quietFor: '20s', atLeast: '24s' }],
    ['signal', { send: 'HUP', to: TO }],
  ])('may be as long as that: %s %j', (kind, settings) => {
    expect(problemsOf(kind, settings)).toEqual([]);
  });
});

describe('the table of kinds', () => {
  it('has each kind once, in the order of the alphabet', () => {
    const names = taskTable.kinds.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].toSorted());
  });

  it.each(taskTable.kinds)('describes every setting in the JSON Schema: $name', ({ schema }) => {
    expect(undescribed(z.toJSONSchema(schema(), { io: 'input' }))).toEqual([]);
  });
});

/** The properties at any depth that have no description. */
function undescribed(schema: unknown, name = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, below]) => {
    if (key !== 'properties') return undescribed(below, `${name}/${key}`);
    return Object.entries(below).flatMap(([field, inner]) => [
      ...(typeof inner === 'object' && inner !== null && 'description' in inner ? [] : [`${name}/${field}`]),
      ...undescribed(inner, `${name}/${field}`),
    ]);
  });
}
