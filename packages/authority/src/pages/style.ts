import { ADMIN_STYLE } from './style-admin.ts'
import { DESK_STYLE } from './style-desk.ts'
import { LOGIN_STYLE } from './style-login.ts'
import { PARTS_STYLE } from './style-parts.ts'
import { TABLES_STYLE } from './style-tables.ts'
import { TIMELINE_STYLE } from './style-timeline.ts'

/** The look of all pages, light and dark, served at /style.css. */
export const STYLE: string = `:root {
  color-scheme: light dark;
  --paper: #f4f6f4;
  --surface: #ffffff;
  --sunken: #eef2ef;
  --ink: #16201b;
  --muted: #55635c;
  --line: #d9e0db;
  --edge: #82918a;
  --accent: #0f5f49;
  --accent-strong: #0a4a38;
  --on-accent: #ffffff;
  --bad: #a8241c;
  --bad-wash: #fcebe9;
  --shadow: 0 1px 2px rgb(16 32 24 / 6%), 0 12px 32px -16px rgb(16 32 24 / 18%);
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}

@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0e1311;
    --surface: #161d1a;
    --sunken: #0f1513;
    --ink: #e4ebe7;
    --muted: #9dada5;
    --line: #28332e;
    --edge: #66776f;
    --accent: #6fd3ae;
    --accent-strong: #93e2c5;
    --on-accent: #07261b;
    --bad: #ffa69c;
    --bad-wash: #331b19;
    --shadow: 0 1px 2px rgb(0 0 0 / 40%);
  }
}

*,
*::before,
*::after {
  box-sizing: border-box;
}

body {
  display: flex;
  flex-direction: column;
  min-height: 100vh;
  min-height: 100dvh;
  margin: 0;
  padding: clamp(1rem, 5vw, 2.5rem) clamp(0.75rem, 4vw, 2rem);
  background: var(--paper);
  color: var(--ink);
  font:
    1rem / 1.55 system-ui,
    -apple-system,
    "Segoe UI",
    Roboto,
    "Helvetica Neue",
    "DejaVu Sans",
    sans-serif;
  overflow-wrap: anywhere;
}

.brand,
main {
  width: 100%;
  max-width: 27rem;
  margin-inline: auto;
}

.brand {
  display: flex;
  align-items: center;
  gap: 0.6rem;
  margin-top: auto;
  padding: 0 0.25rem 1rem;
  font-weight: 600;
  letter-spacing: -0.01em;
}

/* The eye rests a little above the middle. */
main {
  margin-bottom: auto;
  padding: clamp(1.25rem, 6vw, 2.25rem);
  border: 1px solid var(--line);
  border-radius: 16px;
  background: var(--surface);
  box-shadow: var(--shadow);
}

body::after {
  content: "";
  flex: 0 1 8vh;
}

h1 {
  margin: 0 0 0.35rem;
  font-size: 1.75rem;
  line-height: 1.2;
  letter-spacing: -0.025em;
  text-wrap: balance;
}

h2 {
  margin: 1.5rem 0 0.5rem;
  font-size: 1rem;
}

p,
ul,
dl {
  margin: 0 0 1rem;
  text-wrap: pretty;
}

.lead,
.note,
dt {
  color: var(--muted);
}

.lead strong {
  color: var(--ink);
}

.note,
dt {
  font-size: 0.875rem;
}

main > :last-child {
  margin-bottom: 0;
}

ul {
  padding: 0.25rem 0;
  border-block: 1px solid var(--line);
  list-style: none;
}

li {
  padding: 0.5rem 0;
}

li + li {
  border-top: 1px solid var(--line);
}

dd {
  margin: 0 0 0.6rem;
}

code {
  padding: 0.1em 0.35em;
  border-radius: 5px;
  background: var(--sunken);
  font-family: var(--mono);
  font-size: 0.875em;
}

a {
  color: var(--accent);
  text-underline-offset: 0.2em;
}

:focus-visible {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}

label {
  display: block;
  margin: 1rem 0 0.3rem;
  font-weight: 600;
}

input[type="text"],
input[type="password"] {
  display: block;
  width: 100%;
  min-height: 2.75rem;
  padding: 0.55rem 0.8rem;
  border: 1.5px solid var(--edge);
  border-radius: 10px;
  background: var(--surface);
  color: inherit;
  font: inherit;
}

input[aria-invalid="true"] {
  border-color: var(--bad);
}

.code input {
  font-family: var(--mono);
  font-size: 1.25rem;
  letter-spacing: 0.08em;
  text-transform: uppercase;
}

.code input::placeholder {
  color: var(--muted);
  font: 1rem system-ui, sans-serif;
  letter-spacing: normal;
  text-transform: none;
}

.user-code {
  margin: 1.25rem 0;
  padding: 0.9rem 0.5rem;
  border-radius: 12px;
  background: var(--sunken);
  text-align: center;
}

.user-code code {
  padding: 0;
  background: none;
  font-size: clamp(1.4rem, 8vw, 1.9rem);
  letter-spacing: 0.06em;
}

.error {
  margin: 1rem 0;
  padding: 0.7rem 0.9rem;
  border-left: 4px solid var(--bad);
  border-radius: 8px;
  background: var(--bad-wash);
  color: var(--bad);
}

.actions {
  display: flex;
  flex-wrap: wrap;
  gap: 0.75rem;
  margin-top: 1.5rem;
}

button {
  flex: 1 1 8rem;
  min-height: 2.75rem;
  padding: 0.55rem 1.15rem;
  border: 1.5px solid var(--accent);
  border-radius: 10px;
  background: var(--surface);
  color: var(--accent);
  font: inherit;
  font-weight: 600;
  cursor: pointer;
  transition:
    background-color 120ms,
    color 120ms;
}

button:hover {
  background: var(--sunken);
}

button.primary {
  background: var(--accent);
  color: var(--on-accent);
}

button.primary:hover {
  border-color: var(--accent-strong);
  background: var(--accent-strong);
}

.aside {
  display: flex;
  margin-top: 0.5rem;
}

button.quiet {
  border-color: transparent;
  background: none;
  color: var(--muted);
}

button.quiet:hover {
  color: var(--ink);
  text-decoration: underline;
}

@media (prefers-reduced-motion: reduce) {
  button {
    transition: none;
  }
}
${LOGIN_STYLE}${PARTS_STYLE}${DESK_STYLE}${ADMIN_STYLE}${TABLES_STYLE}${TIMELINE_STYLE}`
