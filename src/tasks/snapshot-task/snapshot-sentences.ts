import { seconds } from '../../hooks/sentence.ts';
import { bytesText, countsText } from '../snapshot/census.ts';
import { type Place, shownIn } from '../snapshot/place.ts';
import type { Restored } from '../snapshot/restore-newest.ts';
import type { Taken } from '../snapshot/take.ts';

/** How many remarks are worth a line each; the manifest has more. */
const SHOWN_REMARKS = 10;

/** What a snapshot came to, for the output of its task. */
export function takenLines({ file, manifest, removed, debris, stuck }: Taken, place: Place): string[] {
  const { remarks, smaller, archiveBytes, durationMs } = manifest;
  const hidden = remarks.count - Math.min(remarks.first.length, SHOWN_REMARKS);
  return [
    `kept ${shownIn(place, file)}: ${countsText(manifest)} in ${bytesText(archiveBytes)}, ${seconds(durationMs)}`,
    ...(smaller === null
      ? []
      : [
          `WARNING: it ${smaller}: it is kept beside that one, and is not restored by itself; if it is right, remove the other, ` +
            'or set onSmaller: allow',
        ]),
    ...remarks.first.slice(0, SHOWN_REMARKS).map(({ path, what }) => `not as it was: ${path} ${what}`),
    ...(hidden > 0 ? [`not as it was: ${hidden} more, see the manifest beside the archive`] : []),
    ...removed.map((each) => `removed ${each}`),
    ...debris.map((each) => `removed ${each}, which a killed run had left`),
    ...stuck.map((why) => `WARNING: ${why}; a killed run had left it`),
  ];
}

/** What a restore came to. */
export function restoredLines(restored: Restored & { readonly kind: 'restored' }, to: string): string[] {
  const { file, counts, passedOver, ownersLost } = restored;
  return [
    ...passedOver.map((each) => `WARNING: passed over ${each.file}, which ${each.why}`),
    `restored ${file} into ${to}: ${countsText(counts)}`,
    ...(ownersLost > 0
      ? [`${ownersLost} of them have another owner than they had: only root may give files away`]
      : []),
  ];
}
