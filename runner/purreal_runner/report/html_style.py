"""Owns the look of the HTML report, in light and dark; knows no words and no numbers."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d5dae0; --band: #f5f7f9;
  --good: #176f2c; --fair: #0b5cad; --note: #8a5300; --bad: #b3202c;
  --used: #2f74c0; --open: #a9cbef; --failures: #c8434d;
  --waiting: #d99a1c; --database: #2f9c95; --rest: #c3cad2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e4e8ec; --soft: #9aa4af; --line: #333a42; --band: #1d2127;
    --good: #5cc777; --fair: #74b3f5; --note: #e5b04b; --bad: #ff8087;
    --used: #5b9fe6; --open: #2f527b; --failures: #e8666f;
    --waiting: #d99a1c; --database: #3db3ab; --rest: #4a535d;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 62rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .6rem; }
p { margin: .5rem 0; max-width: 46rem; }
.verdict {
  display: inline-block; margin-right: .5rem; padding: .1rem .6rem; border-radius: .4rem;
  background: var(--tone); color: var(--paper);
}
.reason { font-size: 1.05rem; }
.quiet { color: var(--soft); }
.strong { font-weight: 600; }
.good { color: var(--good); } .fair { color: var(--fair); }
.note { color: var(--note); } .bad { color: var(--bad); font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td {
  padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; font-weight: 400; overflow-wrap: normal; white-space: nowrap;
}
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-size: .875rem; }
.number { text-align: right; }
.verbatim { white-space: normal; overflow-wrap: anywhere; min-width: 14rem; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; }
pre { padding: .75rem 1rem; background: var(--band); border-radius: .4rem; overflow-x: auto; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.5rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; }
.tiles { grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: .75rem; }
.tiles div { padding: .6rem .8rem; background: var(--band); border-radius: .4rem; }
.tiles dd { font-size: 1.2rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.tiles + .tiles { margin-top: .75rem; }
ul { list-style: none; margin: 0; padding: 0; max-width: 50rem; }
li { display: grid; grid-template-columns: 1.25rem 1fr; margin: .4rem 0; }
figure { margin: 0 0 1.25rem; }
figcaption { display: flex; flex-wrap: wrap; gap: 0 1rem; margin-bottom: .3rem; }
.plot {
  display: grid; grid-template-columns: 4rem 1fr; gap: .15rem .5rem; font-size: .8rem;
  color: var(--soft); font-variant-numeric: tabular-nums;
}
.plot svg {
  width: 100%; height: 3.5rem; background: var(--band); border-bottom: 1px solid var(--soft);
}
figure:first-of-type .plot svg { height: 9rem; }
.scale { display: flex; flex-direction: column; justify-content: space-between; text-align: right; }
.times { grid-column: 2; display: flex; justify-content: space-between; }
.split { display: block; width: 100%; min-width: 8rem; height: 1rem; margin-top: .25rem; }
td:has(.split) { width: 40%; padding-left: 1rem; }
.legend { display: flex; gap: 1.25rem; font-size: .875rem; color: var(--soft); }
.key { display: inline-block; width: .75rem; height: .75rem; margin-right: .4rem; }
.used { fill: var(--used); background: var(--used); }
.open { fill: var(--open); background: var(--open); }
.area.open { stroke: var(--used); vector-effect: non-scaling-stroke; }
.failures { fill: var(--failures); }
.waiting { fill: var(--waiting); background: var(--waiting); }
.database { fill: var(--database); background: var(--database); }
.rest { fill: var(--rest); background: var(--rest); }
@media (forced-colors: active) { .area, .key, .split { forced-color-adjust: none; } }
@media print {
  body { max-width: none; padding: 0; }
  figure, table, li { break-inside: avoid; }
  h2 { break-after: avoid; }
  .scroll, pre { overflow: visible; }
  .verdict, .key, .tiles div { print-color-adjust: exact; }
}
"""
"""One style sheet for a page that loads nothing. Tones: dark on light have a contrast of 4.5."""
