import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { portsOf } from '../../src/rehearse/config-ports.ts';

const named = (preStop: string, more = '') =>
  portsOf(parse(`version: 1\ncontainers: { app: { ${more} preStop: [${preStop}] } }`)).map(
    ({ port, tasks, called }) => `${port} ${called ? 'called' : 'watched'} by ${tasks.join(' ') || 'nobody'}`,
  );

describe('the ports that a config names', () => {
  it.each([
    ['{ name: a, http: { url: "http://127.0.0.1:8080/drain" } }', ['8080 called by a']],
    ['{ name: a, http: "http://localhost:81" }, { name: b, waitFor: { tcp: "127.0.0.1:81" } }', ['81 called by a b']],
    ['{ name: a, http: { url: "http://[::1]:9000/x" } }', ['9000 called by a']],
    ['{ parallel: [{ name: a, waitFor: { tcp: "localhost:5" } }] }', ['5 called by a']],
    ['{ name: a, waitFor: { metric: { url: "http://127.0.0.1:90/m", name: open } } }', ['90 called by a']],
    ['{ name: a, drain: { ports: [8080, 8443] } }', ['8080 watched by a', '8443 watched by a']],
    ['{ name: a, sleep: 1s, when: { tcp: "127.0.0.1:9000" } }', []],
    ['{ name: a, waitFor: { tcp: { address: "127.0.0.1:9000", is: closed } } }', []],
    ['{ name: a, waitFor: { tcp: { address: "127.0.0.1:9000", is: open } } }', ['9000 called by a']],
    ['{ name: a, http: { url: "http://consul.example:8500/x" } }', []],
    ['{ name: a, http: { url: "http://127.0.0.1:80800/x" } }', []],
    ['{ name: a, exec: { shell: "curl http://127.0.0.1:8080" } }', []],
    ['{ name: a, exec: { command: [curl, "http://127.0.0.1:8080"] } }', []],
  ])('of %s are %j', (preStop, expected) => {
    expect(named(preStop)).toEqual(expected);
  });

  it('has those of containers, which nobody calls', () => {
    expect(named('{ name: a, drain: { ports: [8080] } }', 'ports: [8080, 9090],')).toEqual([
      '8080 watched by a',
      '9090 watched by nobody',
    ]);
  });

  it('has none of what is no config', () => {
    expect([undefined, null, 7, [], { containers: null }].flatMap(portsOf)).toEqual([]);
  });
});
