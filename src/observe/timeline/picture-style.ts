/**
 * How a picture looks, for the SVG file and for pages that hold it. Everything is told by pattern and letter too: in black and
 * white nothing is lost. The properties are plain ones, so that a page may set them for its own light and dark.
 */
export const PICTURE_STYLE = `
.hk-picture {
  --hk-ink: #1c2330; --hk-soft: #5a6475; --hk-line: #d5dae3; --hk-lane: #f4f6f9; --hk-paper: #ffffff;
  --hk-good: #9fd3ae; --hk-bad: #f3aaa2; --hk-late: #f6cf8e; --hk-off: #e3e6ec; --hk-broken: #d7c0ee; --hk-live: #a5cdf3;
  --hk-edge: #3d4758; --hk-deadline: #b3261e;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; font-size: 12.5px;
}
@media (prefers-color-scheme: dark) {
  .hk-picture {
    --hk-ink: #e6eaf2; --hk-soft: #a4aec0; --hk-line: #363f50; --hk-lane: #1c222e; --hk-paper: #141922;
    --hk-good: #2f6b42; --hk-bad: #8c332c; --hk-late: #7d5a17; --hk-off: #333b49; --hk-broken: #5d4380; --hk-live: #2b5f92;
    --hk-edge: #b9c2d2; --hk-deadline: #ff8a80;
  }
}
.hk-paper { fill: var(--hk-paper); }
.hk-picture text { fill: var(--hk-ink); }
.hk-picture text.hk-soft { fill: var(--hk-soft); }
.hk-picture text.hk-head { font-weight: 600; font-size: 13.5px; }
.hk-picture text.hk-axis { fill: var(--hk-soft); font-size: 11px; font-variant-numeric: tabular-nums; }
.hk-picture text.hk-letter { font-size: 11px; font-weight: 700; text-anchor: middle; }
.hk-picture text.hk-limit { fill: var(--hk-deadline); font-size: 11px; font-weight: 600; }
.hk-lane { fill: var(--hk-lane); }
.hk-grid { stroke: var(--hk-line); stroke-width: 1; }
.hk-bar { stroke: var(--hk-edge); stroke-width: 1; }
.hk-succeeded { fill: var(--hk-good); }
.hk-failed { fill: var(--hk-bad); }
.hk-timedOut { fill: var(--hk-late); }
.hk-skipped, .hk-pending { fill: var(--hk-off); }
.hk-interrupted { fill: var(--hk-broken); }
.hk-running { fill: var(--hk-live); }
.hk-skipped { stroke-dasharray: 3 2; }
.hk-hatch { stroke: var(--hk-edge); stroke-width: 1.2; fill: none; stroke-opacity: 0.7; }
.hk-dot { fill: var(--hk-edge); fill-opacity: 0.7; }
.hk-wait { stroke: var(--hk-edge); stroke-width: 1.5; stroke-dasharray: 2 3; }
.hk-delivery { stroke: var(--hk-edge); stroke-width: 1.5; fill: none; }
.hk-knob { fill: var(--hk-paper); stroke: var(--hk-edge); stroke-width: 1.5; }
.hk-work-end { stroke: var(--hk-deadline); stroke-width: 1.2; stroke-dasharray: 4 3; }
.hk-deadline { stroke: var(--hk-deadline); stroke-width: 2; }
.hk-reserve { stroke: var(--hk-deadline); stroke-width: 1; stroke-opacity: 0.35; fill: none; }
.hk-now { stroke: var(--hk-ink); stroke-width: 1; stroke-dasharray: 1 3; }
.hk-mark { fill: var(--hk-ink); }
.hk-mark-line { stroke: var(--hk-ink); stroke-width: 1; stroke-dasharray: 6 3; }
.hk-gauge { fill: none; stroke: var(--hk-edge); }
.hk-used { fill: var(--hk-live); }
.hk-row:focus { outline: none; }
.hk-row:focus-visible .hk-lane, .hk-row:hover .hk-lane { stroke: var(--hk-edge); stroke-width: 1.5; }
`;
