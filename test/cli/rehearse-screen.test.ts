import { describe, expect, it } from 'vitest';
import { createScreen } from '../../src/cli/rehearse-screen.ts';
import { runView } from '../../src/observe/timeline/run-view.ts';
import type { PodEvent } from '../../src/rehearse/pod-event.ts';
import { endedTask, runningRun } from '../observe/timeline/run-records.ts';

const style = { terminal: true, colour: false, columns: 80, rows: 24 };
const deleted: PodEvent = { type: 'deleted', graceMs: 45_000, forced: false, atMs: 11_500 };
const scene = { runs: [runView(runningRun([endedTask('drain')]), undefined)], marks: [] };

function screenOf(fields: Partial<typeof style> = {}) {
  const written: string[] = [];
  const screen = createScreen((text) => void written.push(text), { ...style, ...fields });
  screen.begin(10_000);
  return { screen, written };
}

describe('the screen of a rehearsal', () => {
  it('draws the picture anew in its place on a terminal, with what happened last below it', () => {
    const { screen, written } = screenOf();
    screen.show(scene, 10_600);
    screen.event(deleted);
    screen.show(scene, 11_600);
    const [first = '', second = ''] = written;
    const lines = first.split('\n').length - 1;
    expect(first).toMatch(/\n {2}drain +█/);
    expect(second.startsWith(`\u001b[${lines}A\u001b[J`)).toBe(true);
    expect(second).toContain('  1.50 s  kubelet    the pod is deleted, with 45 s of grace\n');
    screen.end();
    expect(written.at(-1)).toBe(`\u001b[${lines}A\u001b[J`);
  });

  it('draws no more lines than the terminal has', () => {
    const { screen, written } = screenOf({ rows: 5 });
    screen.show(scene, 10_600);
    expect(written[0]?.split('\n').length).toBe(4);
  });

  it('writes a plain line for each thing that happens elsewhere, and no picture while it goes', () => {
    const { screen, written } = screenOf({ terminal: false });
    screen.show(scene, 10_600);
    screen.event(deleted);
    const entry = { event: 'taskStarted', msg: '', task: 'drain\u001b[2J', atMs: 11_600, workEndMs: undefined };
    screen.entry(entry);
    screen.appLine('app', 'listening', 11_700);
    screen.end();
    expect(written.join('')).toBe(
      '  1.50 s  kubelet    the pod is deleted, with 45 s of grace\n  1.60 s  hookkeeper drain\\x1b[2J: started\n  1.70 s  app        app | listening\n',
    );
  });
});
