import { describe, expect, it } from 'vitest';
import { compareApi } from '../../src/hooks/api-marks.ts';
import { type Circumstances, UNASKED } from '../../src/hooks/evidence.ts';
import type { ContainerFacts } from '../../src/hooks/pod-facts.ts';

const [OLD, MINE, OTHER] = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)];
const [B, C] = [MINE, OTHER].map((id) => id.slice(0, 12));
const mark = { before: OLD, containerId: MINE, restartCount: 1 };
const unnamed = { ...mark, containerId: null };
const seen = (state: ContainerFacts['state'], containerId: string | undefined = MINE): ContainerFacts => ({
  containerId,
  restartCount: 1,
  state,
  startedAtMs: undefined,
});
const PRESTOP: Circumstances = { hook: 'preStop', fromKubelet: true, executing: false };
const POSTSTART: Circumstances = { hook: 'postStart', fromKubelet: true, executing: false };

const LATE = "the pod's status may not know the container of now yet";
const ANOTHER = `the pod's status has container ${C}, and had ${B} before`;

describe("the pod's status beside that of a life", () => {
  it.each<[string, Parameters<typeof compareApi>, string]>([
    [
      'none of that life',
      [undefined, seen('running'), PRESTOP],
      "incomparable: the pod's status was not known in the last life",
    ],
    ['no container yet', [mark, { ...seen('waiting'), containerId: undefined }, PRESTOP], `incomparable: ${LATE}`],
    ['the container from before that life', [mark, seen('running', OLD), PRESTOP], `incomparable: ${LATE}`],
    ['its container, at a preStop', [mark, seen('running'), PRESTOP], `same: container ${B} is still running`],
    ['its container as ended, at a preStop', [mark, seen('terminated'), PRESTOP], `incomparable: ${LATE}`],
    ['another container, at a preStop', [mark, seen('running', OTHER), PRESTOP], `different: ${ANOTHER}`],
    ['one of a life that had none, at a preStop', [unnamed, seen('running'), PRESTOP], `incomparable: ${LATE}`],
    ['one of a life that had none', [unnamed, seen('running'), POSTSTART], `incomparable: ${LATE}`],
    [
      'one that ended, of a life that had none',
      [unnamed, seen('terminated'), POSTSTART],
      `different: container ${B}, which began after the last postStart, has ended`,
    ],
    ['another container', [mark, seen('running', OTHER), POSTSTART], `different: ${ANOTHER}`],
    [
      'its container as ended',
      [mark, seen('terminated'), POSTSTART],
      `different: the last life's container ${B} has ended`,
    ],
    ["its container, at the kubelet's postStart", [mark, seen('running'), POSTSTART], `incomparable: ${LATE}`],
    ['its container, unasked', [mark, seen('running'), UNASKED], `same: container ${B} is still running`],
  ])('has %s', (_, of, told) => {
    const { kind, why } = compareApi(...of);
    expect(`${kind}: ${why}`).toBe(told);
  });
});
