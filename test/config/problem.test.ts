import { describe, expect, it } from 'vitest';
import { formatPath, formatProblem, maskSecrets, type Problem, showKey, showValue } from '../../src/config/problem.ts';

const problem: Problem = {
  severity: 'error',
  file: 'hooks.yaml',
  line: 14,
  column: 9,
  path: 'containers.app.preStop[2].timeout',
  rule: 'must be a duration with a unit such as 30s or 1m30s',
  value: '30',
  remedy: 'write "30s"',
};

describe('a problem', () => {
  it('is one line with its place, path, rule, value and remedy', () => {
    expect(formatProblem(problem)).toBe(
      'hooks.yaml:14:9 error containers.app.preStop[2].timeout must be a duration with a unit such as 30s or 1m30s: value is 30, write "30s"',
    );
  });

  it('says nothing of a value or a line where there is none', () => {
    const { value: _, ...rest } = { ...problem, line: undefined, column: undefined, path: '' };
    expect(formatProblem({ ...rest, value: undefined })).toBe(
      'hooks.yaml error the file must be a duration with a unit such as 30s or 1m30s: write "30s"',
    );
  });
});

describe('a path', () => {
  it.each([
    [['containers', 'app', 'preStop', 2, 'timeout'], 'containers.app.preStop[2].timeout'],
    [['containers', 'my-app'], 'containers.my-app'],
    [['exec', 'env', 'a b.c'], 'exec.env["a b.c"]'],
    [['exec', 'env', 'PASSWORD=hunter2'], 'exec.env["PASSWORD=…"]'],
    [['http', 'headers', 'Authorization: Bearer hunter2'], 'http.headers["Authorization:…"]'],
    [['json', '$.a[?b=c]'], 'json["$.a[?b=c]"]'],
    [[], ''],
  ])('%j is written as %s', (path, text) => {
    expect(formatPath(path)).toBe(text);
  });
});

describe('a key that is shown', () => {
  it('holds nothing that stands behind the name of what may be a secret', () => {
    expect(showKey(['exec', 'env', 'PASSWORD=hunter2'])).toBe('"PASSWORD=…"');
    expect(showKey(['exec', 'env', '1st'])).toBe('"1st"');
    expect(showKey(['containers', 'a=b'])).toBe('"a=b"');
  });
});

describe('a value that is shown', () => {
  it.each([
    [30, ['timeout'], '30'],
    ['30', ['timeout'], '"30"'],
    [null, ['timeout'], 'empty'],
    [[], ['tasks'], 'an empty list'],
    [[1], ['tasks'], 'a list'],
    [{}, ['retry'], 'an empty mapping'],
    [{ a: 1 }, ['retry'], 'a mapping'],
    ['x'.repeat(60), ['name'], `"${'x'.repeat(60)}"`],
    ['x'.repeat(61), ['name'], `"${'x'.repeat(59)}…"`],
    ['\u001b[31mred\u009b', ['name'], String.raw`"\u001b[31mred·"`],
    ['http://user:pw@host/path?key=1', ['http', 'url'], '"http://…@host/path?…"'],
    ['http://user:p/w@host/', ['http', 'url'], '"http://…@host/"'],
    ['localhost:8080/drain?token=hunter2', ['http', 'url'], '"localhost:8080/drain?…"'],
    ['http//user:hunter2@host/drain', ['http', 'url'], '"http//…@host/drain"'],
    ['redis://default:hunter2@host:6379', ['waitFor', 'tcp'], '"redis://…@host:6379"'],
    ['default:hunter2@host:6379', ['waitFor', 'tcp'], '"…@host:6379"'],
    ['why?', ['name'], '"why?"'],
    ['(?=a@b', ['file', 'matches'], '"(?=a@b"'],
    ['/var/run/token', ['access', 'tokenFile'], '"/var/run/token"'],
    [true, ['jitter'], 'true'],
    [5, ['exec', 'killAfter'], '5'],
    [5, ['containers', 'token-service', 'preStop', 0, 'timeout'], '5'],
  ])('%j at %j reads %s', (value, path, shown) => {
    expect(showValue(value, path)).toBe(shown);
  });

  it('is told by its type where it is nothing that a file can hold', () => {
    expect(showValue(5n, ['attempts'])).toBe('a bigint');
  });

  it.each([
    [['http', 'headers', 'X-Anything']],
    [['exec', 'env', 'PLAIN']],
    [['exec', 'shell']],
    [['preStop', 0, 'exec']],
    [['http', 'body']],
    [['access', 'token']],
    [['anything', 'apiKey']],
    [['anything', 'db_password']],
    [['anything', 'file_token']],
    [['anything', 'DB_PASS']],
    [['anything', 'REDISCLI_AUTH']],
  ])('at %j is hidden, as it may be a secret', (path) => {
    expect(showValue('hunter2', path)).toBe('(hidden)');
    expect(showValue(1234, path)).toBe('(hidden)');
  });
});

describe('a line of the file that is shown', () => {
  it.each([
    ['    password: hunter2', '    password: *******'],
    ['  headers: { Authorization: Bearer abc, X: y }', '  headers: ***********************************'],
    ['  shell: curl -H "Accept: x" -H "bearer abc" u', '  shell: curl -H "Accept: x" -H "bearer ***" u'],
    ['  url: http://user:pw@host/?key=1', '  url: http://*******@host/?*****'],
    ['  url: "http:/user:pw@host"', '  url: "http:/*******@host"'],
    ['  tcp: user:p/w@host', '  tcp: ********@host'],
    ['- { exec: { env: { A: hunter2 } }, timeout: 5 }', '- { exec: { env: ******************************'],
    [
      '  command: [a, "--password=hunter2", --db-token=x, -v=1]',
      '  command: [a, "--password=*******", --db-token=** -v=1]',
    ],
    ['  {"password":"hunter2"}', '  {"password":**********'],
    ['  secret  :   hunter2', '  secret  :   *******'],
    ['  shell: curl -H "Basic   abc" u', '  shell: curl -H "Basic   ***" u'],
    ['  command: [curl, "http://host/path?hunter2", -v]', '  command: [curl, "http://host/path?*******", -v]'],
    ['  path: "/drain?t=abc" # now', '  path: "/drain?*****" # now'],
    ['  path: "/drain?signature=abc"', '  path: "/drain?*************"'],
    ['  shell: ls /tmp/a?b c=d', '  shell: ls /tmp/a?b c=d'],
    ['  tokenFile: /var/run/token', '  tokenFile: /var/run/token'],
    ['  timeout: 30', '  timeout: 30'],
  ])('%s becomes %s', (line, masked) => {
    expect(maskSecrets(line)).toBe(masked);
    expect(masked).toHaveLength(line.length);
  });
});
