/** What `serve` uses where nobody says otherwise: its help tells it, and manifests are judged by it. */
export const SERVE_DEFAULTS = {
  configFile: '/etc/hookkeeper/hooks.yaml',
  host: '::',
  hookPort: 9740,
  opsPort: 9741,
  journalDir: '/var/lib/hookkeeper',
} as const;
