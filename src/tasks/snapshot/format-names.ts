/** What an archive can be. A file of its own: the config needs no more of archives. */
export const FORMATS = ['tar.zst', 'tar.gz', 'tar'] as const;
export type Format = (typeof FORMATS)[number];
