import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinHostPort, targetByConcatenation, targetOfReference } from '../../src/rehearse/go-url.ts';

const modern = (path: string) => targetOfReference('http', '10.88.0.12:9740', path).requestUri;

describe('the path of a hook since Kubernetes 1.25', () => {
  it.each([
    ['/prestop/app?a=1&b=two', '/prestop/app?a=1&b=two'],
    ['prestop/app', '/prestop/app'],
    ['', '/'],
    ['//x/y', '/y'],
    ['//x', '/'],
    ['/triple///x/', '/triple///x/'],
    ['///x', '///x'],
    ['/a/../b', '/a/../b'],
    ['/a%2Fb', '/a%2Fb'],
    ['/a b', '/a%20b'],
    ['/ü', '/%C3%BC'],
    ['/a%2Fb c', '/a/b%20c'],
    ['/bad%zz', '/bad%25zz'],
    ['/bad%zz?a=1', '/bad%25zz%3Fa=1'],
    ['/line\nbreak', '/line%0Abreak'],
    ['/x?raw space', '/x?raw space'],
    ['/x?bad=%zz', '/x?bad=%zz'],
    ['/x?', '/x?'],
    ['/x#part', '/x'],
    ['/$(POD_NAME)', '/$(POD_NAME)'],
  ])('%j arrives as %j', (path, arrives) => {
    expect(modern(path)).toBe(arrives);
  });

  it('appears whole in the URL of an error', () => {
    expect(targetOfReference('https', '[::1]:9740', '/x?a=1#part').url).toBe('https://[::1]:9740/x?a=1#part');
  });

  it('never breaks the request line, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (path) => {
        expect(modern(path)).toMatch(/^\//);
        expect(Buffer.from(modern(path)).every((byte) => byte > 0x1f && byte !== 0x7f)).toBe(true);
      }),
    );
  });
});

describe('the path of a hook up to Kubernetes 1.24', () => {
  it.each([
    ['/prestop/app', '//prestop/app'],
    ['prestop/app', '/prestop/app'],
    ['//x/y', '///x/y'],
    ['/a b?raw space', '//a%20b?raw space'],
  ])('%j arrives as %j', (path, arrives) => {
    expect(targetByConcatenation('10.88.0.12:9740', path)).toEqual({
      requestUri: arrives,
      url: `http://10.88.0.12:9740${arrives}`,
    });
  });

  it.each([
    ['/bad%zz/x', 'parse "http://10.88.0.12:9740//bad%zz/x": invalid URL escape "%zz"'],
    ['/cut%2', 'parse "http://10.88.0.12:9740//cut%2": invalid URL escape "%2"'],
    ['/line\nbreak', 'parse "http://10.88.0.12:9740//line\\nbreak": net/url: invalid control character in URL'],
  ])('%j fails the hook', (path, error) => {
    expect(targetByConcatenation('10.88.0.12:9740', path)).toEqual({ error });
  });
});

describe('joinHostPort', () => {
  it('puts an IPv6 address into brackets', () => {
    expect([joinHostPort('fd00::12', 9740), joinHostPort('10.88.0.12', 9740)]).toEqual([
      '[fd00::12]:9740',
      '10.88.0.12:9740',
    ]);
  });
});
