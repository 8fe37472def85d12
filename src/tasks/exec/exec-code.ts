import { basename } from 'node:path';

/** What of a command is code. */
export interface Code {
  /** The place of the code in the command. */
  readonly at: number;
  readonly isShell: boolean;
  /** How the code gets at a variable of its environment. */
  lookUp(name: string): string;
}

interface Interpreter extends Omit<Code, 'at'> {
  readonly program: RegExp;
  /** The option behind which an argument is code. */
  readonly option: RegExp;
}

const INTERPRETERS: readonly Interpreter[] = [
  {
    program: /^(sh|bash|dash|ash|ksh|zsh)$/,
    option: /^-[A-Za-z]*c$/,
    isShell: true,
    lookUp: (name) => `"$${name}"`,
  },
  {
    program: /^python[0-9.]*$/,
    option: /^-[A-Za-z]*c$/,
    isShell: false,
    lookUp: (name) => `os.environ["${name}"]`,
  },
  { program: /^perl$/, option: /^-[A-Za-z]*[eEp]$/, isShell: false, lookUp: (name) => `$ENV{${name}}` },
  { program: /^ruby$/, option: /^-[A-Za-z]*[eEp]$/, isShell: false, lookUp: (name) => `ENV["${name}"]` },
  { program: /^node$/, option: /^-[A-Za-z]*[eEp]$/, isShell: false, lookUp: (name) => `process.env.${name}` },
];

/** Undefined for a command without code, as far as its program and its options tell. */
export function codeOf([file = '', ...args]: readonly string[]): Code | undefined {
  for (const { program, option, isShell, lookUp } of INTERPRETERS) {
    const at = program.test(basename(file)) ? args.findIndex((arg) => option.test(arg)) : -1;
    if (at !== -1) return { at: at + 2, isShell, lookUp };
  }
  return undefined;
}
