import { readFileSync, statSync } from 'node:fs';
import { LIMITS } from '../config/defaults.ts';

/** A config file's text, or why it cannot be read. */
export type ConfigText = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

/** Reads a config file. Never throws. */
export function readConfigText(file: string): ConfigText {
  try {
    const { size } = statSync(file);
    if (size > LIMITS.fileBytes)
      return { ok: false, reason: `it must be at most ${LIMITS.fileBytes} bytes: value is ${size}` };
    return { ok: true, text: readFileSync(file, 'utf8') };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
