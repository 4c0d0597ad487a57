/** The look of pages that belong together: a way to each of them, and cards. It goes on from that of all pages. */
export const DESK_STYLE: string = `
:root {
  --warm: #b06a12;
  --good-wash: #e3f1eb;
  --bad-line: #d3918c;
}

@media (prefers-color-scheme: dark) {
  :root {
    --warm: #f3b878;
    --good-wash: #16302a;
    --bad-line: #84504b;
  }
}

[hidden] {
  display: none !important;
}

/* For those who listen, and do not see what it stands beside. */
.hidden {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}

.desk {
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  grid-template-rows: auto auto 1fr;
  align-content: start;
}

.desk .brand,
.desk main {
  max-width: 46rem;
}

.desk .brand {
  flex-wrap: wrap;
  margin-top: 0;
}

.who {
  margin-left: auto;
  color: var(--muted);
  font-size: 0.875rem;
  font-weight: 400;
  letter-spacing: 0;
  text-align: end;
}

.who a {
  margin-left: 0.75rem;
  white-space: nowrap;
}

.desk main {
  margin-bottom: 0;
  padding: 0;
  border: 0;
  border-radius: 0;
  background: none;
  box-shadow: none;
}

.desk::after {
  content: none;
}

.sections {
  width: 100%;
  max-width: 46rem;
  margin-inline: auto;
}

.sections ul {
  display: flex;
  flex-wrap: wrap;
  gap: 0.1rem;
  margin: 0 0 1.5rem;
  padding: 0 0 0.75rem;
  border-width: 0 0 1px;
}

.sections li {
  padding: 0;
  border: 0;
}

.sections a {
  display: block;
  padding: 0.5rem clamp(0.3rem, 1.6vw, 0.6rem);
  border-radius: 9px;
  color: var(--muted);
  font-size: clamp(0.8125rem, 4vw, 1rem);
  font-weight: 500;
  text-decoration: none;
}

.sections a:hover {
  background: var(--sunken);
  color: var(--ink);
}

.sections a[aria-current="page"] {
  background: var(--surface);
  box-shadow: inset 0 0 0 1px var(--line);
  color: var(--accent);
  font-weight: 600;
}

.desk h1 {
  margin-bottom: 1.25rem;
}

.card {
  margin: 0 0 1.25rem;
  padding: clamp(1.1rem, 4vw, 1.75rem);
  border: 1px solid var(--line);
  border-radius: 16px;
  background: var(--surface);
  box-shadow: var(--shadow);
}

.card > :first-child {
  margin-top: 0;
}

.card > :last-child,
.card form > :last-child {
  margin-bottom: 0;
}

.card > h2 {
  margin-bottom: 0.75rem;
  font-size: 1.125rem;
  letter-spacing: -0.01em;
}

.card h3 {
  margin: 1.5rem 0 0.35rem;
  font-size: 1rem;
}

.card.danger {
  border-color: var(--bad-line);
}

.card.danger h2 {
  color: var(--bad);
}

.muted,
.rows p {
  color: var(--muted);
}

.notice,
.caution {
  padding: 0.7rem 0.9rem;
  border-left: 4px solid var(--accent);
  border-radius: 8px;
  background: var(--sunken);
}

.notice {
  background: var(--good-wash);
}

.caution {
  border-color: var(--warm);
}

.on {
  color: var(--accent);
}

/* Once the script has found that the browser has passkeys, what stands in their place goes. */
[data-needs-passkeys]:not([hidden]) ~ .without {
  display: none;
}

form + .note {
  margin-top: 1.1rem;
}

@media (min-width: 60rem) {
  .desk {
    grid-template-columns: minmax(0, 1fr) 11rem minmax(0, 44rem) minmax(0, 1fr);
    grid-template-rows: auto 1fr;
    gap: 0 2.5rem;
  }

  .desk .brand {
    grid-column: 2 / 4;
    max-width: none;
    padding-bottom: 2.5rem;
  }

  .sections {
    grid-column: 2;
  }

  .sections ul {
    position: sticky;
    top: 1.5rem;
    flex-direction: column;
    gap: 0.15rem;
    border: 0;
  }

  .desk main {
    grid-column: 3;
  }
}

@media (forced-colors: active) {
  .error {
    border: 2px solid;
  }

  .sections a[aria-current="page"] {
    outline: 1px solid;
  }

  .notice,
  .caution {
    border: 1px solid;
  }
}

@media print {
  .desk .brand,
  .sections,
  .desk .ways {
    display: none;
  }
}
`
