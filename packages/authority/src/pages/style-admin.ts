/** The look of the administration: forms beside each other, badges, what is shown once. */
export const ADMIN_STYLE: string = `
:root {
  --good-wash: #e3f2eb;
  --warm-wash: #fbf0e0;
  --warm-ink: #81490a;
}

@media (prefers-color-scheme: dark) {
  :root {
    --good-wash: #14302a;
    --warm-wash: #33260f;
    --warm-ink: #f3b878;
  }
}

.wide .brand,
.wide .sections,
.wide main {
  max-width: 72rem;
}

.wide main {
  min-width: 0;
}

.wide h1 {
  overflow-wrap: anywhere;
}

.wide .lead {
  margin-bottom: 1.25rem;
}

.under {
  margin: -0.9rem 0 1.25rem;
}

.tools {
  display: flex;
  flex-wrap: wrap;
  align-items: end;
  justify-content: space-between;
  gap: 0.75rem 1.5rem;
  margin-bottom: 1.25rem;
}

.tools .lead,
.tools .filter {
  margin: 0;
}

.filter {
  display: flex;
  flex: 1 1 18rem;
  flex-wrap: wrap;
  align-items: end;
  gap: 0.6rem;
  max-width: 40rem;
  margin-bottom: 1.25rem;
}

.filter .field {
  flex: 1 1 11rem;
}

.field {
  margin-bottom: 1rem;
}

.field label,
.filter label {
  margin-top: 0;
}

.field .note {
  margin: -0.15rem 0 0.4rem;
}

.filter .field {
  margin: 0;
}

.wide textarea,
.wide select {
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

.wide textarea {
  resize: vertical;
}

.wide .code-text {
  font-family: var(--mono);
  font-size: 0.9375rem;
}

.check {
  display: flex;
  gap: 0.6rem;
  align-items: start;
  margin: 0.9rem 0;
}

.check input {
  flex: none;
  width: 1.25rem;
  height: 1.25rem;
  margin: 0.15rem 0 0;
  accent-color: var(--accent);
}

.check label {
  margin: 0;
  font-weight: 400;
}

details {
  margin: 1.25rem 0;
}

summary {
  width: fit-content;
  margin-bottom: 1rem;
  border-radius: 6px;
  color: var(--accent);
  font-weight: 600;
  cursor: pointer;
}

.card.form {
  max-width: 40rem;
}

.form ul + form {
  margin-top: 1.5rem;
}

.wide .card {
  padding: clamp(1rem, 3vw, 1.5rem);
}

.wide .rows > li > .ways {
  flex: 0 1 auto;
}

@media (min-width: 40rem) {
  .wide .facts div {
    grid-template-columns: minmax(0, 16rem) minmax(0, 1fr);
  }

  .wide .even .facts div {
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
  }
}

.wide .form .facts div,
.wide .columns .facts div {
  grid-template-columns: minmax(0, 7rem) minmax(0, 1fr);
}

.columns {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr));
  gap: 0 1.25rem;
  align-items: start;
}

.more,
.none,
.ways.end {
  margin: 1rem 0 0;
}

.zone {
  margin: 1.5rem 0 0;
}

.badge {
  display: inline-block;
  padding: 0.05rem 0.55rem;
  border: 1px solid var(--line);
  border-radius: 99px;
  background: var(--sunken);
  color: var(--muted);
  font-size: 0.8125rem;
  font-weight: 600;
  white-space: nowrap;
}

.badge.good {
  border-color: transparent;
  background: var(--good-wash);
  color: var(--accent);
}

.badge.bad {
  border-color: transparent;
  background: var(--bad-wash);
  color: var(--bad);
}

.badge.warm {
  border-color: transparent;
  background: var(--warm-wash);
  color: var(--warm-ink);
}

.button.small {
  min-height: 2.25rem;
  padding: 0.3rem 0.8rem;
  font-size: 0.9375rem;
}

.wide .button.bad,
.wide button.small.bad {
  border-color: color-mix(in srgb, var(--bad) 55%, var(--line));
  background: var(--surface);
  color: var(--bad);
}

.wide .button.bad:hover,
.wide button.small.bad:hover {
  background: var(--bad-wash);
}

.secret {
  margin: 1rem 0;
  padding: 0.9rem 1rem;
  border-radius: 12px;
  background: var(--sunken);
}

.secret .note {
  display: block;
}

.secret code {
  padding: 0;
  background: none;
  font-size: 1.0625rem;
  user-select: all;
}

.lines code {
  display: inline-block;
  margin: 0.1rem 0;
}

@media (min-width: 60rem) {
  .desk.wide {
    grid-template-columns: minmax(0, 1fr) 9rem minmax(0, 64rem) minmax(0, 1fr);
  }
}
`
