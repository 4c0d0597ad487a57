/** The stylesheet of the apps: light and dark, from 320 pixels on. */
export const STYLE = `:root {
  color-scheme: light dark;
  --paper: #f6f6f3;
  --surface: #ffffff;
  --ink: #1b1d1a;
  --muted: #5b605a;
  --line: #dcded8;
  --edge: #85897f;
  --on-accent: #ffffff;
  --header: #9a4d0b;
  --header-wash: #fdf1e4;
  --claims: #3a49b8;
  --claims-wash: #eef0fd;
  --signature: #0f6b5b;
  --signature-wash: #e4f5f0;
  --good: #0f6b3f;
  --good-wash: #e3f4ea;
  --bad: #a8241c;
  --bad-wash: #fcebe9;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
.notes { --accent: #8a4b0a; --accent-strong: #6d3a06; }
.photos { --accent: #3a49b8; --accent-strong: #2c3994; }
.api { --accent: #0f6b5b; --accent-strong: #0a5145; }

@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121311;
    --surface: #1b1d1a;
    --ink: #e9eae6;
    --muted: #a7aca3;
    --line: #31342f;
    --edge: #71766c;
    --on-accent: #14150f;
    --header: #f3b878;
    --header-wash: #2a2117;
    --claims: #b3bdff;
    --claims-wash: #1c2036;
    --signature: #74d8bd;
    --signature-wash: #13282a;
    --good: #7fdca6;
    --good-wash: #14291d;
    --bad: #ffa69c;
    --bad-wash: #331b19;
  }
  .notes { --accent: #f0b470; --accent-strong: #f7cb99; }
  .photos { --accent: #b3bdff; --accent-strong: #ced4ff; }
  .api { --accent: #74d8bd; --accent-strong: #98e5d1; }
}

*, *::before, *::after { box-sizing: border-box; }

body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 1rem / 1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
}

.top, main, footer {
  max-width: 50rem;
  margin-inline: auto;
  padding-inline: clamp(1rem, 4vw, 2rem);
}

.top {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0.5rem 1.5rem;
  padding-block: 1.25rem;
}

.brand {
  display: flex;
  align-items: center;
  gap: 0.6rem;
  color: var(--ink);
  font-weight: 650;
  font-size: 1.125rem;
  text-decoration: none;
}

nav { display: flex; gap: 1.25rem; }

main { padding-block: clamp(1.5rem, 6vw, 3.5rem) 2rem; }

h1 {
  margin: 0 0 0.75rem;
  font-size: clamp(1.75rem, 6vw, 2.75rem);
  line-height: 1.12;
  letter-spacing: -0.025em;
  text-wrap: balance;
  overflow-wrap: anywhere;
}

h2 { margin: 0 0 0.35rem; font-size: 1.3rem; letter-spacing: -0.015em; }
h3 { margin: 0; font-size: 0.95rem; }
p { margin: 0 0 1rem; max-width: 62ch; text-wrap: pretty; overflow-wrap: anywhere; }
section { margin-top: 2.75rem; scroll-margin-top: 1rem; }

.lead { color: var(--muted); font-size: 1.125rem; }
.lead b { color: var(--ink); font-weight: 600; }
.small { margin: 0; color: var(--muted); font-size: 0.9rem; }

a { color: var(--accent); text-underline-offset: 0.2em; }
code { font-family: var(--mono); font-size: 0.9em; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }

.actions { display: flex; flex-wrap: wrap; align-items: center; gap: 0.75rem; margin: 1.5rem 0 1rem; }
.actions form { display: contents; }

button, .button {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  min-height: 2.75rem;
  padding: 0.5rem 1.15rem;
  border: 1.5px solid var(--accent);
  border-radius: 10px;
  background: var(--surface);
  color: var(--accent);
  font: inherit;
  font-weight: 600;
  text-decoration: none;
  cursor: pointer;
}
button:hover, .button:hover, .primary { background: var(--accent); color: var(--on-accent); }
.primary:hover { background: var(--accent-strong); border-color: var(--accent-strong); }

.calls { display: grid; gap: 0.6rem; margin-bottom: 1rem; }
.calls form { display: flex; flex-wrap: wrap; align-items: center; gap: 0.35rem 1rem; }
.calls button { min-width: 11rem; justify-content: start; }

.card { overflow: hidden; border: 1px solid var(--line); border-radius: 12px; background: var(--surface); }
.card > header {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0.25rem 1rem;
  padding: 0.55rem 1rem;
  border-bottom: 1px solid var(--line);
}
.card.header > header { background: var(--header-wash); color: var(--header); }
.card.claims > header { background: var(--claims-wash); color: var(--claims); }

pre, .json {
  margin: 0;
  padding: 0.8rem 1rem;
  font: 0.85rem / 1.65 var(--mono);
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
pre.aside { border-bottom: 1px dashed var(--line); color: var(--muted); }

.json b { font-weight: 400; color: var(--muted); }
.json i { color: var(--muted); font: 0.8rem system-ui, sans-serif; }

.parts { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.6fr); align-items: start; gap: 0.85rem; }

.token {
  max-width: none;
  margin-bottom: 0.85rem;
  padding: 0.8rem 1rem;
  border: 1px solid var(--line);
  border-radius: 12px;
  background: var(--surface);
  font: 0.8rem / 1.6 var(--mono);
  word-break: break-all;
  /* One click, and it can be copied as a whole. */
  user-select: all;
}
.token .header { color: var(--header); background: var(--header-wash); }
.token .claims { color: var(--claims); background: var(--claims-wash); }
.token .signature { color: var(--signature); background: var(--signature-wash); }

.pill { padding: 0.1rem 0.6rem; border-radius: 99px; font: 600 0.8125rem / 1.5 var(--mono); }
.pill.good { background: var(--good-wash); color: var(--good); }
.pill.bad { background: var(--bad-wash); color: var(--bad); }

.paste { margin-top: 1.75rem; }
.paste label { display: block; margin-bottom: 0.35rem; font-weight: 600; }
.paste .actions { margin-block: 0.9rem 1rem; }
textarea {
  display: block;
  width: 100%;
  padding: 0.7rem 0.9rem;
  border: 1.5px solid var(--edge);
  border-radius: 12px;
  background: var(--surface);
  color: inherit;
  font: 0.85rem / 1.6 var(--mono);
  resize: vertical;
}
.fault { margin: 0.5rem 0 0; color: var(--bad); font-weight: 600; }

.verdict { margin: 1.25rem 0 2rem; padding: 1.1rem 1.25rem; border: 1px solid; border-radius: 12px; }
.verdict.good { border-color: var(--good); background: var(--good-wash); }
.verdict.bad { border-color: var(--bad); background: var(--bad-wash); }
.verdict > :last-child { margin-bottom: 0; }
.checks { margin: 0; padding: 0; list-style: none; }
.checks li { position: relative; padding: 0.2rem 0 0.2rem 1.75rem; overflow-wrap: anywhere; }
.checks li::before { content: "✓" / ""; position: absolute; left: 0; color: var(--good); font-weight: 700; }

footer { padding-block: 1.25rem 3rem; color: var(--muted); font-size: 0.875rem; }

@media (max-width: 40rem) {
  .parts { grid-template-columns: minmax(0, 1fr); }
  .actions .button, .actions button, .calls button { flex: 1 1 100%; }
}
`
