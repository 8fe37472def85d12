/** Whether Hookkeeper's container still has what it runs. */
import { lines, type Rule } from '../rule.ts';

/** What the image is started with and from: `hookkeeper` is a shell script beside `node`. */
const OWN = [
  '/usr/bin/tini',
  '/bin/sh',
  '/usr/local/bin/hookkeeper',
  '/usr/local/bin/node',
  '/usr/local/lib/hookkeeper',
];
const LIBRARIES = ['/lib', '/lib64', '/usr/lib'];

function hides(mountPath: string): boolean {
  const path = mountPath.replace(/\/+$/, '');
  return LIBRARIES.includes(path) || OWN.some((own) => own === path || own.startsWith(`${path}/`));
}

const hidden: Rule = {
  code: 'program-hidden',
  severity: 'error',
  rule: "No volume of Hookkeeper's container hides its own program.",
  reason:
    'A volume takes the place of all that the image has in the folder: mounted at `/usr/local/bin`, for a script of the app, it leaves no `hookkeeper` that ' +
    'could be started, and as a native sidecar it lets no app start. An image with a `command` of its own is not looked at.',
  find: ({ sidecar }) => {
    if (sidecar === undefined || sidecar.part.at('command').exists) return [];
    return sidecar.part
      .at('volumeMounts')
      .items()
      .flatMap((mount) => {
        const path = mount.at('mountPath').text ?? '';
        if (path === '' || !hides(path)) return [];
        const name = mount.at('name').written;
        const fix = lines(
          `# ${sidecar.name}, and the container that shares it: at another path, which the config names, too`,
          `- { name: ${name}, mountPath: /${name} }`,
        );
        const message = `${sidecar.name} has the volume ${name} at ${path}, where its own program is`;
        return [{ place: mount.at('mountPath').keyPlace(), message, fix }];
      });
  },
};

export const programRules: readonly Rule[] = [hidden];
