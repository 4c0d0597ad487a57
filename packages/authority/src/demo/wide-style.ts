/** The look of the demo's wide pages, on top of that of all pages: light and dark, from 320 pixels on. */
export const WIDE_STYLE: string = `:root {
  --amber: #93490a;
  --amber-wash: #fdf1e4;
  --blue: #3a49b8;
  --blue-wash: #eef0fd;
  --teal: #0f6b5b;
  --teal-wash: #e4f5f0;
  --good: #0f6b3f;
  --good-wash: #e3f4ea;
  --glow-amber: rgb(243 184 120 / 26%);
  --glow-blue: rgb(140 155 255 / 20%);
  --glow-green: rgb(80 190 150 / 20%);
}

@media (prefers-color-scheme: dark) {
  :root {
    --amber: #f3b878;
    --amber-wash: #2a2117;
    --blue: #b3bdff;
    --blue-wash: #1c2036;
    --teal: #74d8bd;
    --teal-wash: #13282a;
    --good: #7fdca6;
    --good-wash: #14291d;
    --glow-amber: rgb(243 184 120 / 9%);
    --glow-blue: rgb(140 155 255 / 11%);
    --glow-green: rgb(80 190 150 / 11%);
  }
}

html { scroll-behavior: smooth; }

.tour {
  background:
    radial-gradient(46rem 26rem at 88% -6rem, var(--glow-amber), transparent),
    radial-gradient(44rem 28rem at 55% -12rem, var(--glow-blue), transparent),
    radial-gradient(50rem 30rem at 5% -10rem, var(--glow-green), transparent),
    var(--paper);
  background-repeat: no-repeat;
}

.tour .brand, .tour main { max-width: 70rem; margin-block: 0; }
.tour.rotation .brand, .tour.rotation main { max-width: 46rem; }
.tour .brand { padding: 0 0 clamp(1.5rem, 6vw, 4rem); }
.brand a { display: inline-flex; align-items: center; gap: 0.6rem; color: inherit; text-decoration: none; }
.tour main { padding: 0; border: 0; background: none; box-shadow: none; }

.tour h1 {
  max-width: 18ch;
  margin-bottom: 1rem;
  font-size: clamp(2.1rem, 7vw, 4rem);
  line-height: 1.04;
  letter-spacing: -0.04em;
}

.tour.listing h1, .tour.rotation h1 { max-width: none; font-size: clamp(1.75rem, 5.5vw, 2.75rem); }
.tour h2 { margin: 0 0 0.5rem; font-size: 1.4rem; line-height: 1.2; letter-spacing: -0.022em; text-wrap: balance; }
.tour .lead { max-width: 60ch; font-size: clamp(1.05rem, 2.4vw, 1.25rem); }
.tour ul, .tour ol { margin: 0; padding: 0; border: 0; list-style: none; }
.tour li { padding: 0; border: 0; }

.tour button,
.tour .button {
  display: inline-flex;
  flex: 0 1 auto;
  align-items: center;
  justify-content: center;
  min-height: 2.75rem;
  padding: 0.5rem 1.2rem;
  border: 1.5px solid var(--accent);
  border-radius: 10px;
  background: var(--surface);
  color: var(--accent);
  font-weight: 600;
  text-align: center;
  text-decoration: none;
}

.tour .button:hover, .tour button:hover { background: var(--sunken); }
.tour .button.primary, .tour button.primary { background: var(--accent); color: var(--on-accent); }

.tour .button.primary:hover,
.tour button.primary:hover {
  border-color: var(--accent-strong);
  background: var(--accent-strong);
}

.fine { margin: 0 0 0.6rem; color: var(--muted); font-size: 0.9rem; }
.fine strong, .then strong { color: var(--ink); }

.pill,
.key-state {
  padding: 0.1rem 0.6rem;
  border-radius: 99px;
  background: var(--sunken);
  color: var(--muted);
  font-size: 0.8125rem;
  font-weight: 600;
  white-space: nowrap;
}

.pill.good, .key-state.active { background: var(--good-wash); color: var(--good); }
.pill.bad, .key-state.revoked { background: var(--bad-wash); color: var(--bad); }
.key-state.next { background: var(--blue-wash); color: var(--blue); }
.key-state.retired { background: var(--amber-wash); color: var(--amber); }

.tour pre {
  margin: 0 0 0.75rem;
  padding: 0.8rem 1rem;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--surface);
  font: 0.8125rem / 1.6 var(--mono);
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}

.tour pre code { padding: 0; background: none; font: inherit; }
.score { margin: 0 0 0.75rem; color: var(--muted); }
.score b { color: var(--ink); font-size: 1.6rem; font-variant-numeric: tabular-nums; letter-spacing: -0.02em; }
.score b.good { color: var(--good); }
.score b.bad { color: var(--bad); }
.dots { display: flex; flex-wrap: wrap; gap: 0.3rem; margin: 0 0 1rem; }
.dots i { width: 0.8rem; height: 0.8rem; border-radius: 50%; background: var(--amber); }
.dots i.new { border-radius: 3px; background: var(--blue); }
.dots i.bad { border: 2px solid var(--bad); background: none; }
.remark { padding: 0.7rem 1rem; border-radius: 10px; background: var(--blue-wash); color: var(--blue); }

.countdown {
  margin: 1.5rem 0;
  padding: 1.25rem;
  border: 1px solid var(--line);
  border-radius: 16px;
  background: var(--surface);
  text-align: center;
}

.countdown p { margin: 0 0 0.75rem; color: var(--muted); }

.countdown b {
  display: block;
  color: var(--ink);
  font-size: clamp(3rem, 12vw, 4.5rem);
  font-variant-numeric: tabular-nums;
  letter-spacing: -0.05em;
  line-height: 1;
}

progress {
  display: block;
  width: 100%;
  height: 0.6rem;
  border: 0;
  border-radius: 99px;
  appearance: none;
  background: var(--sunken);
  accent-color: var(--accent);
  overflow: hidden;
}

progress::-webkit-progress-bar { background: var(--sunken); }
progress::-webkit-progress-value { border-radius: 99px; background: var(--accent); }
progress::-moz-progress-bar { border-radius: 99px; background: var(--accent); }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1rem; margin: 1.5rem 0; }

.key {
  padding: 1.1rem 1.25rem;
  border: 1px solid var(--line);
  border-top: 5px solid var(--amber);
  border-radius: 14px;
  background: var(--surface);
}

.key.new { border-top-color: var(--blue); }
.key h2 { font-size: 1rem; }
.key p { margin: 0; }
.key code { padding: 0; background: none; font-size: 1.15rem; }
.key .does { margin-top: 0.35rem; color: var(--muted); font-size: 0.95rem; }

.proof {
  margin-bottom: 1.5rem;
  padding: clamp(1.1rem, 3vw, 1.75rem);
  border: 1px solid var(--line);
  border-radius: 16px;
  background: var(--surface);
}

.proof .note { margin: 1rem 0 0; }
.tour .verdicts li { position: relative; padding: 0.3rem 0 0.3rem 1.75rem; }
.passed, .failed { position: absolute; left: 0; color: var(--good); font-weight: 700; }
.failed { color: var(--bad); }
.onward { display: flex; flex-wrap: wrap; align-items: center; gap: 0.75rem 1.25rem; margin: 1.5rem 0 0; }
.crumbs { margin: 0 0 0.75rem; color: var(--muted); font-size: 0.9rem; }
.listing pre.listing { margin-top: 1.5rem; padding: 1rem 0; border-radius: 16px; counter-reset: line; overflow: hidden; }

.code-line {
  display: block;
  padding: 0 1rem 0 4rem;
  border-left: 4px solid transparent;
  text-indent: 0;
  scroll-margin-top: 4rem;
  counter-increment: line;
}

.code-line::before {
  content: counter(line) / "";
  display: inline-block;
  width: 2.5rem;
  margin-left: -3.25rem;
  margin-right: 0.75rem;
  color: var(--muted);
  text-align: right;
  user-select: none;
}

.code-line.here { border-left-color: var(--accent); background: var(--teal-wash); }
.code-line i { font-style: normal; }
.code-line .comment { color: var(--muted); }
.code-line .string { color: var(--amber); }
.code-line .word { color: var(--blue); }
.tour .pieces ul { columns: 20rem; column-gap: 2rem; }
.pieces { margin-top: 2.5rem; }
.pieces li { padding: 0.25rem 0; break-inside: avoid; }
.pieces [aria-current] { font-weight: 600; }

@media (max-width: 36rem) {
  .pair { grid-template-columns: minmax(0, 1fr); }
  .code-line { padding-left: 2.75rem; }
  .code-line::before { width: 2rem; margin-left: -2.4rem; margin-right: 0.4rem; }
}

@media (prefers-reduced-motion: reduce) {
  html { scroll-behavior: auto; }
}

@media (forced-colors: active) {
  .dots i { forced-color-adjust: none; }
  .code-line.here { border-left-color: Highlight; }
}
`
