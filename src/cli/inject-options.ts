import { CONFIG, type Option } from './option.ts';

/** The options of `inject`. */
export const INJECT_OPTIONS: readonly Option[] = [
  {
    flag: 'file',
    short: 'f',
    env: 'HOOKKEEPER_MANIFEST',
    value: 'FILE…',
    default: undefined,
    help: 'the manifests: files, folders, or - for standard input',
    many: true,
  },
  // The default is a place in pods.
  { ...CONFIG, default: undefined },
  {
    flag: 'container',
    env: 'HOOKKEEPER_CONTAINER',
    value: 'NAME',
    default: undefined,
    help: 'the container that gets hooks; else those of the config, or the only one',
  },
  {
    flag: 'image',
    env: 'HOOKKEEPER_IMAGE',
    value: 'IMAGE',
    default: undefined,
    help: 'the image of Hookkeeper; else hookkeeper of this version',
  },
  {
    flag: 'regular',
    env: 'HOOKKEEPER_REGULAR',
    value: undefined,
    default: undefined,
    help: 'add a regular container, for clusters before Kubernetes 1.29',
  },
  {
    flag: 'uninject',
    env: 'HOOKKEEPER_UNINJECT',
    value: undefined,
    default: undefined,
    help: 'take out what was put in',
  },
];
