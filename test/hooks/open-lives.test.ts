import { describe, expect, it } from 'vitest';
import { openLives } from '../../src/hooks/open-lives.ts';
import type { RunRecord } from '../../src/journal/entry.ts';
import { hook } from './stage.ts';
import { endedRun } from './records.ts';

const BOTH = { name: 'app', postStart: hook([]), preStop: hook([]) };
const ALONE = { ...BOTH, postStart: undefined };
