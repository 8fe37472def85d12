/** How a report looks: in light and dark, on a phone, on paper. What colours tell, words and signs tell too. */
export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --back: #eef1f6; --ink: #1c2330; --soft: #566072; --line: #d5dae3; --link: #1a5fb4;
  --good: #d9f0df; --bad: #fbdcd9; --off: #e7eaf0; --bad-line: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #141922; --back: #0c0f15; --ink: #e6eaf2; --soft: #a4aec0; --line: #2d3545; --link: #8ab9f5;
    --good: #1f4a2d; --bad: #5f2420; --off: #2a3140; --bad-line: #ff8a80;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 20px 16px 40px; max-width: 1104px; background: var(--back); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
h1, h2, p { margin: 0 0 6px; line-height: 1.35; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.15rem; }
a, summary { color: var(--link); }
.soft { color: var(--soft); font-size: 0.9rem; }
.sum { display: inline-block; padding: 4px 14px; border: 1px solid var(--line); border-radius: 8px; font-size: 1.1rem; font-weight: 600; }
.sum.held, .badge.held { background: var(--good); }
.sum.broken, .badge.broken { background: var(--bad); border-color: var(--bad-line); }
.badge {
  display: inline-block; padding: 0 10px; border: 1px solid var(--line); border-radius: 999px; background: var(--off);
  font-size: 0.8rem; font-weight: 600; white-space: nowrap;
}
nav ol { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 10px 0 16px; padding: 0; list-style: none; }
nav a { display: inline-block; padding: 4px 0; }
section {
  margin: 0 0 16px; padding: 14px; border: 1px solid var(--line); border-radius: 8px; background: var(--paper);
  scroll-margin-top: 8px;
}
.verdicts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 460px), 1fr)); gap: 2px 20px; margin: 8px 0; padding: 0; list-style: none; font-size: 0.9rem; }
.verdicts li { padding-left: 1.4em; text-indent: -1.4em; overflow-wrap: anywhere; }
.verdicts .broken { border-left: 4px solid var(--bad-line); padding: 4px 8px 4px 2em; background: var(--bad); }
.reasons { margin: 8px 0; padding-left: 20px; color: var(--soft); font-size: 0.88rem; overflow-wrap: anywhere; }
.wide svg, .narrow svg { display: block; max-width: 100%; height: auto; margin: 8px 0; }
.narrow { display: none; }
@media (max-width: 700px) {
  .wide { display: none; }
  .narrow { display: block; }
}
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 0.88rem; }
caption { padding: 8px 10px 2px; color: var(--soft); text-align: left; }
th, td { padding: 4px 10px; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
td:last-child { min-width: 12em; }
thead th { border-top: 0; color: var(--soft); font-weight: 500; white-space: nowrap; }
summary { padding: 4px 0; cursor: pointer; font-size: 0.9rem; overflow-wrap: anywhere; }
pre {
  max-height: 20em; margin: 4px 0; padding: 8px 10px; overflow: auto; border-radius: 6px; background: var(--back);
  font: 12.5px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere;
}
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
@media print {
  body { background: none; max-width: none; }
  h2, .verdicts li, .wide svg, pre { break-inside: avoid; }
  h2 { break-after: avoid; }
  details::details-content { content-visibility: visible; height: auto; }
  pre { max-height: none; }
}
`;
