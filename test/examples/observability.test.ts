import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import * as z from 'zod/mini';
import { freePort } from '../../src/rehearse/free-port.ts';
import { hooks, ops, postStart, preStop, stage } from '../e2e/stage.ts';
import { request } from '../helpers/request.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { EXAMPLES } from './documents.ts';

const FOLDER = join(EXAMPLES, 'observability');
const FIXTURE = join(import.meta.dirname, '..', 'fixtures', 'observability', 'alerts.yaml');

const rule = z.looseObject({ alert: z.string(), expr: z.string() });
const ruleFile = z.looseObject({
  spec: z.strictObject({ groups: z.array(z.looseObject({ name: z.string(), rules: z.array(rule) })) }),
});
const dashboardFile = z.looseObject({
  templating: z.looseObject({
    list: z.array(z.looseObject({ query: z.union([z.string(), z.looseObject({ query: z.string() })]) })),
  }),
  panels: z.array(
    z.looseObject({
      id: z.number(),
      title: z.string(),
      description: z.string(),
      targets: z.array(z.looseObject({ expr: z.string() })),
    }),
  ),
});
const testFile = z.looseObject({
  tests: z.array(
    z.looseObject({
      alert_rule_test: z.array(z.looseObject({ alertname: z.string(), exp_alerts: z.array(z.unknown()) })),
    }),
  ),
});

const { spec } = z.parse(ruleFile, parse(readFileSync(join(FOLDER, 'prometheusrule.yaml'), 'utf8')));
const alerts = spec.groups.flatMap(({ rules }) => rules);
const dashboard = z.parse(dashboardFile, JSON.parse(readFileSync(join(FOLDER, 'dashboard.json'), 'utf8')));
const panelQueries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
const variables = dashboard.templating.list.flatMap(({ query }) => (typeof query === 'string' ? [] : [query.query]));

/** Labels that Prometheus itself gives what it scrapes of a pod. */
const OF_THE_TARGET = ['namespace', 'pod', 'container'];

/** Real scrapes: one before anything happened, and one when the program has had every kind of work that is counted. */
async function scrapes() {
  const { dir, task, configure, start } = await stage();
  const port = await freePort(Math.random);
  const snapshot = { source: join(dir, 'gates'), destination: join(dir, 'snapshots'), minFiles: 0 };
  await configure(
    hooks({
      postStart: [task('retried', '[ "$HOOKKEEPER_ATTEMPT" -ge 2 ]', { retry: { attempts: 2, minDelay: '10ms' } })],
      preStop: [
        { name: 'connections', drain: { ports: [port] } },
        { name: 'save', snapshot },
        task('flush', '', { minimum: '34s', priority: 'optional' }),
        task('pause', '', { undo: { exec: { command: ['/bin/false'] } } }),
      ],
    }),
  );
  const service = await start();
  const text = async () => {
    const reply = await ops(service, '/metrics');
    return reply.kind === 'answered' ? reply.body : '';
  };
  const before = await text();
  await postStart(service);
  await preStop(service);
  // The container is back: what the preStop did is to be undone.
  await postStart(service);
  await request({ port: service.port, path: '/nowhere' });
  return { before, after: await text() };
}

/** The samples of a scrape, by their name and labels. */
function samplesOf(text: string): Map<string, number> {
  const samples = text.matchAll(/^(\w+(?:\{.*\})?) (\S+)$/gm);
  return new Map([...samples].map(([, key = '', value]) => [key, Number(value)]));
}

/** The labels of each metric that has samples. */
function labelsByMetric(text: string): Map<string, ReadonlySet<string>> {
  const samples = [...text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)];
  const labels = ([, name = '', list = '']: RegExpExecArray) => {
    return [name, new Set([...list.matchAll(/(\w+)="/g)].map(([, label = '']) => label))] as const;
  };
  return new Map(samples.map(labels));
}

/** What a query names: its metrics, each with the labels that it picks by, and the labels that it groups by. */
function namesIn(query: string) {
  const metrics = [...query.matchAll(/\b(hookkeeper_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', picked = '']) => ({
    name,
    labels: [...picked.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label),
  }));
  const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  const told = [...query.matchAll(/^label_values\(.*, (\w+)\)$/g)].map(([, label = '']) => label);
  return { metrics, grouped: [...grouped, ...told] };
}

function promtool(args: readonly string[], stdin = ''): Promise<{ ok: boolean; said: string }> {
  return new Promise((resolve) => {
    const child = execFile('promtool', args, { timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ ok: error === null, said: `${error?.message ?? ''}${stdout}${stderr}` }),
    );
    child.stdin?.end(stdin);
  });
}

async function rulesFile(groups: unknown): Promise<string> {
  const path = join(await temporaryFolder(), 'rules.yaml');
  await writeFile(path, stringify({ groups }));
  return path;
}

/** The queries as Grafana sends them, as rules that promtool reads. */
function recorded(queries: readonly string[]) {
  const rules = queries.map((query, index) => ({
    record: `query_${index}`,
    expr: query.replaceAll('$__rate_interval', '1m').replaceAll(/\$(namespace|container)/g, '.*'),
  }));
  return [{ name: 'queries', rules }];
}

describe('the dashboard and the alerts', () => {
  it('name metrics and labels that the program has', async () => {
    const scraped = labelsByMetric((await scrapes()).after);
    const problems = (query: string) => {
      const { metrics, grouped } = namesIn(query);
      if (metrics.length === 0) return [`no metric: ${query}`];
      return metrics.flatMap(({ name, labels }) => {
        const known = scraped.get(name);
        if (known === undefined) return [`no metric ${name}: ${query}`];
        const unknown = [...labels, ...grouped].filter((label) => !known.has(label) && !OF_THE_TARGET.includes(label));
        return unknown.map((label) => `no label ${label} of ${name}: ${query}`);
      });
    };
    const queries = [...alerts.map(({ expr }) => expr), ...panelQueries, ...variables];
    expect(queries.length).toBeGreaterThan(25);
    expect(queries.flatMap(problems)).toEqual([]);
    expect(problems('sum by (made_up) (hookkeeper_runs_total)')).toHaveLength(1);
    expect(problems('hookkeeper_made_up_total')).toHaveLength(1);
  });

  it('look for increases of what was there before: Prometheus sees none in what just appeared, and a pod stops once', async () => {
    const { before, after } = await scrapes();
    const [known, grown] = [samplesOf(before), [...samplesOf(after)].filter(([, value]) => value > 0)];
    const asked = [...alerts.map(({ expr }) => expr), ...panelQueries].flatMap((query) =>
      [...query.matchAll(/(?:increase|rate)\((\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', picked = '']) => ({
        name,
        lacking: picked.includes('outcome!="succeeded"'),
      })),
    );
    const isAsked = (key: string) =>
      asked.some(({ name, lacking }) => key.startsWith(`${name}{`) && !(lacking && key.includes('"succeeded"')));
    expect(grown.flatMap(([key]) => (isAsked(key) && !known.has(key) ? [key] : []))).toEqual([]);
    expect(grown.filter(([key]) => known.get(key) === 0).length).toBeGreaterThan(10);
  });

  it('look back for what a run or a task has left: its pod is mostly gone when it is asked for', () => {
    const left = /(last_over_time\()?\bhookkeeper_(?:run_(?:remaining|working)|drain_connections_left|snapshot)\w*/g;
    const queries = [...alerts.map(({ expr }) => expr), ...panelQueries];
    const found = queries.flatMap((query) => [...query.matchAll(left)].map(([whole, back]) => ({ whole, back })));
    expect(found.length).toBeGreaterThan(8);
    expect(found.filter(({ back }) => back === undefined)).toEqual([]);
  });

  it('are made of metrics with which the linter of Prometheus finds nothing wrong', async () => {
    expect(await promtool(['check', 'metrics'], (await scrapes()).after)).toEqual({ ok: true, said: '' });
    const wrong = await promtool(['check', 'metrics'], '# TYPE hookkeeper_runs counter\nhookkeeper_runs 1\n');
    expect(wrong.said).toContain('hookkeeper_runs counter metrics should have "_total" suffix');
  });

  it('have queries that Prometheus understands, and a check that finds one that is not', async () => {
    expect(await promtool(['check', 'rules', await rulesFile(spec.groups)])).toMatchObject({ ok: true });
    expect(await promtool(['check', 'rules', await rulesFile(recorded(panelQueries))])).toMatchObject({ ok: true });
    const wrong = await rulesFile(recorded(['sum by (hook) (hookkeeper_runs_total']));
    expect(await promtool(['check', 'rules', wrong])).toMatchObject({ ok: false });
  });

  it('fire on what they are for, and on nothing else', async () => {
    const rules = await rulesFile(spec.groups);
    const tests = z.parse(testFile, parse(readFileSync(FIXTURE, 'utf8')));
    const path = join(rules, '..', 'alerts.yaml');
    await writeFile(path, readFileSync(FIXTURE));
    const { ok, said } = await promtool(['test', 'rules', path]);
    expect(said).toContain('SUCCESS');
    expect(ok).toBe(true);
    const fired = tests.tests.flatMap(({ alert_rule_test: each }) =>
      each.filter(({ exp_alerts: expected }) => expected.length > 0).map(({ alertname }) => alertname),
    );
    expect(new Set(fired)).toEqual(new Set(alerts.map(({ alert }) => alert)));
  });

  it('have panels with an ID and a description each', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { title, description } of dashboard.panels)
      expect([title, description.length > 10]).toEqual([title, true]);
  });
});
