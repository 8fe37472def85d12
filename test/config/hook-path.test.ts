import { describe, expect, it } from 'vitest';
import { hookPathOf, OWN_CONTAINER, parseHookPath } from '../../src/config/hook-path.ts';

describe('the path of a hook', () => {
  it.each([
    ['/poststart', { hook: 'postStart', container: undefined }],
    ['/prestop', { hook: 'preStop', container: undefined }],
    ['/prestop/app', { hook: 'preStop', container: 'app' }],
    ['//prestop/app', { hook: 'preStop', container: 'app' }],
    ['/poststart/a', { hook: 'postStart', container: 'a' }],
  ])('%s names its hook, and its container', (path, named) => {
    expect(parseHookPath(path)).toEqual(named);
  });

  it.each([
    '',
    '/',
    'prestop',
    '///prestop/app',
    '/x/prestop/app',
    '/prestop/',
    '/prestop/app/',
    '/prestop/app/x',
    '/preStop/app',
    '/prestopapp',
    '/constructor',
  ])('is not %j: nothing is guessed around a typo', (path) => {
    expect(parseHookPath(path)).toBeUndefined();
  });

  it.each(['postStart', 'preStop'] as const)('of a %s is read back', (hook) => {
    expect(parseHookPath(hookPathOf(hook, OWN_CONTAINER))).toEqual({ hook, container: 'hookkeeper' });
  });
});
