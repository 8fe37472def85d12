/** Puts Hookkeeper into manifests: from texts to texts. */
import type { ActionFacts } from '../config/task-kind.ts';
import type { TaskTable } from '../config/task-table.ts';
import { checkManifests, type NamedText } from '../manifests/check-manifests.ts';
import type { ManifestFinding } from '../manifests/finding.ts';
import type { ManifestDocument } from '../manifests/part.ts';
import { readManifests } from '../manifests/read-manifests.ts';
import { objectsOf, workloadOf } from '../manifests/workload.ts';
import { type Choice, chooseContainers } from './choose.ts';
import { type HooksConfig, readHooksConfig, renamedContainer } from './hooks-config.ts';
import { type PodPlan, planPod } from './pod-plan.ts';
import { type ChangedFile, putIntoFiles } from './put-into-files.ts';
import { type Records, recordKey, recordsOf } from './record.ts';
import type { SidecarRole } from './sidecar-container.ts';
import { placeBefore } from './splice.ts';
import { injectedSidecar, takeOutOfFiles } from './take-out-files.ts';

export interface InjectInput<A extends ActionFacts> {
  readonly files: readonly NamedText[];
  readonly config: NamedText;
  /** The container that was asked for; undefined: those of the config. */
  readonly container: string | undefined;
  readonly role: SidecarRole;
  /** The image that was asked for; undefined: `defaultImage`, or what a sidecar has that was changed by hand. */
  readonly image: string | undefined;
  readonly defaultImage: string;
  readonly table: TaskTable<A>;
}

export type InjectResult =
  | {
      readonly ok: true;
      readonly files: readonly NamedText[];
      /** What was done, a sentence for each workload. */
      readonly notes: readonly string[];
      readonly warnings: readonly ManifestFinding[];
    }
  /** `unusable`: a file or the config cannot be read; else something stands in the way. Nothing is to be applied. */
  | { readonly ok: false; readonly unusable: boolean; readonly problems: readonly ManifestFinding[] };

/** Never throws. Doing it twice is the same as once: what was put in before is taken out first. */
export function inject<A extends ActionFacts>(input: InjectInput<A>): InjectResult {
  const { files, table } = input;
  const config = readHooksConfig(input.config, table);
  const base = takeOutOfFiles(files, { keepChanged: true });
  if (!('hooksOf' in config) || !base.ok) {
    return unusable([...('hooksOf' in config ? [] : config), ...(base.ok ? [] : base.problems)]);
  }
  const inTheWay = (problems: readonly ManifestFinding[]): InjectResult => {
    return { ok: false, unusable: false, problems: beforeAll(problems, base.files) };
  };
  const documents = base.files.map(documentsOf);
  const choice = choiceOf(input, config, documents.flat());
  if (!('pods' in choice)) return inTheWay([choice]);
  const named = configFor(choice, config, table);
  if (!('hooksOf' in named)) return unusable(named);

  const plans = choice.pods.map(({ workload, containers }) => {
    const { role, image, defaultImage } = input;
    const { data, hooksOf } = named;
    return planPod({ workload, containers, hooksOf, data, role, image: image ?? defaultImage });
  });
  const problems = [...plans.flatMap((plan) => plan.problems), ...takenNames(plans, documents.flat())];
  if (problems.length > 0) return inTheWay(problems);
  const { image } = input;
  const put = putIntoFiles({ files: base.files, documents, plans, config: named.text, image, before: base.records });
  if (!put.ok) return inTheWay(put.problems);
  const found = beforeAll(newFindings(base.files, put.files, named, table), put.files)
    // It was asked for.
    .filter(({ code }) => code !== 'sidecar-regular')
    .map((finding) => ({ ...finding, fix: fixHere(finding, input.role) ?? finding.fix }));
  if (found.some(({ severity }) => severity === 'error')) return inTheWay(found);
  // One that was asked for surprises nobody.
  const images = image === undefined ? imagesOf(files) : new Map<string, string>();
  const notes = plans.map((plan) => {
    return `${noteOf(plan, base.records)}${imageNote(plan, images.get(recordKey(plan.workload)) ?? '', input.defaultImage)}`;
  });
  return { ok: true, files: put.files, notes, warnings: beforeAll(found, base.files) };
}

/** What is to be done where a finding asks for another Hookkeeper than the one that `inject` writes. */
function fixHere({ code, fix }: ManifestFinding, role: SidecarRole): string | undefined {
  if (code === 'port-clash')
    return 'give it another port, or put Hookkeeper in by hand: HOOKKEEPER_PORT and HOOKKEEPER_OPS_PORT name its own';
  if (code === 'hook-token')
    return `# inject leaves a hook that calls Hookkeeper already: write it with the token, below lifecycle\n${fix}`;
  if (code === 'token-volume') return 'mount the secret into a container of the app, and Hookkeeper gets it as well';
  if (code === 'pod-windows') return 'leave this pod out: it keeps the hooks of its own containers';
  if (code === 'poststart-race' && role === 'regular')
    return 'take the postStart out of the config, or leave out --regular where the cluster has Kubernetes 1.29 or newer';
  return undefined;
}

function unusable(problems: readonly ManifestFinding[]): InjectResult {
  return { ok: false, unusable: true, problems };
}

/** With the places that they had before the files were changed; those of other files stay. */
function beforeAll(findings: readonly ManifestFinding[], files: readonly ChangedFile[]): ManifestFinding[] {
  return findings.map((finding) => {
    const changed = files.find(({ file }) => file === finding.place.file);
    return changed === undefined ? finding : { ...finding, place: placeBefore(finding.place, changed) };
  });
}

function documentsOf({ file, text }: NamedText): readonly ManifestDocument[] {
  const read = readManifests(text, file);
  return read.ok ? read.documents : [];
}

function choiceOf<A extends ActionFacts>(
  { container, files }: InjectInput<A>,
  config: HooksConfig,
  documents: readonly ManifestDocument[],
): Choice | ManifestFinding {
  const workloads = objectsOf(documents).flatMap((object) => workloadOf(object) ?? []);
  return chooseContainers({ workloads, configured: config.containers, container, file: files[0]?.file ?? '' });
}

function configFor<A extends ActionFacts>({ rename }: Choice, config: HooksConfig, table: TaskTable<A>) {
  return rename === undefined ? config : readHooksConfig(renamedContainer(config, rename.from, rename.to), table);
}

/** ConfigMaps that have a name that is needed and are not of `inject`. */
function takenNames(plans: readonly PodPlan[], documents: readonly ManifestDocument[]): ManifestFinding[] {
  const others = objectsOf(documents).filter((object) => {
    return object.at('kind').text === 'ConfigMap' && recordsOf(object) === undefined;
  });
  return plans.flatMap(({ workload, configMap }) =>
    others
      .filter(({ at }) => at('metadata', 'name').text === configMap)
      .filter(({ at }) => at('metadata', 'namespace').text === workload.namespace)
      .map((other): ManifestFinding => {
        const message = `${workload.kind} ${workload.name}: there is a ConfigMap ${configMap} already, and not of inject`;
        const fix = 'give it another name';
        return { code: 'inject', severity: 'error', place: other.at('metadata', 'name').place(), message, fix };
      }),
  );
}

/** What the check of manifests finds now and did not find before. */
function newFindings<A extends ActionFacts>(
  before: readonly NamedText[],
  after: readonly NamedText[],
  config: NamedText,
  table: TaskTable<A>,
): readonly ManifestFinding[] {
  const check = (manifests: readonly NamedText[]) => checkManifests({ manifests, config, table }).findings;
  const old = new Set(check(before).map(({ code, message }) => `${code} ${message}`));
  return check(after).filter(({ code, message }) => !old.has(`${code} ${message}`));
}

/** The images of what was put in before, by the workload's key. */
function imagesOf(files: readonly NamedText[]): ReadonlyMap<string, string> {
  const workloads = objectsOf(files.flatMap(documentsOf)).flatMap((object) => workloadOf(object) ?? []);
  return new Map(workloads.map((each) => [recordKey(each), injectedSidecar(each)?.part.at('image').text ?? '']));
}

/** A registry that was named once and is not named again is lost. */
function imageNote({ kept }: PodPlan, had: string, image: string): string {
  if (kept !== undefined || had === '' || had === image) return '';
  return `; its image was ${had} and is ${image}: --image names another`;
}

function noteOf({ workload, hooks, ownHooks, kept, configMap }: PodPlan, records: Records): string {
  const put = hooks.flatMap(({ container, handlers }) =>
    Object.keys(handlers).map((hook) => `${hook} of ${container.name}`),
  );
  const left = records.has(recordKey(workload))
    ? ', left as it was changed'
    : ' left as it is (only its ConfigMap, which is not among the files, tells whether it was changed)';
  const all = [`the sidecar${kept === undefined ? '' : left}`, ...put];
  const own = ownHooks.length === 0 ? '' : `; ${ownHooks.join(', ')} called it before`;
  return `${workload.kind} ${workload.name}: ${all.join(', ')}, and ConfigMap ${configMap}${own}`;
}
