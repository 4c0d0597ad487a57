/** The look of what is on cards: facts, rows, buttons, codes. */
export const PARTS_STYLE: string = `
.facts {
  margin-bottom: 1.25rem;
}

.facts div {
  display: grid;
  gap: 0 1rem;
  padding: 0.55rem 0;
}

.facts div + div {
  border-top: 1px solid var(--line);
}

@media (min-width: 30rem) {
  .facts div {
    grid-template-columns: 9rem minmax(0, 1fr);
  }
}

.facts dt {
  line-height: 1.7;
}

.facts dd {
  margin: 0;
}

.rows {
  margin-bottom: 1rem;
  padding: 0;
  border: 0;
}

.rows > li {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0.5rem 1.25rem;
  padding: 0.85rem 0;
}

.rows > li:first-child {
  padding-top: 0;
}

.rows > li:last-child {
  padding-bottom: 0;
}

.rows > li > div {
  flex: 1 1 14rem;
  min-width: 0;
}

.rows p {
  margin: 0;
  font-size: 0.9375rem;
}

.plain {
  margin: 0.35rem 0 0;
  padding: 0 0 0 1.1rem;
  border: 0;
  color: var(--muted);
  font-size: 0.9375rem;
  list-style: disc;
}

.plain li {
  padding: 0.1rem 0;
  border: 0;
}

.beside {
  display: flex;
  flex-wrap: wrap;
  gap: 0.6rem;
  margin-bottom: 1rem;
}

.beside input {
  flex: 1 1 12rem;
  width: auto;
  min-width: 0;
}

.beside button {
  flex: 0 1 auto;
}

label + .note {
  margin: -0.1rem 0 0.4rem;
}

.desk button,
.button {
  flex: 0 1 auto;
}

.button {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  min-height: 2.75rem;
  padding: 0.55rem 1.15rem;
  border: 1.5px solid var(--accent);
  border-radius: 10px;
  background: var(--surface);
  color: var(--accent);
  font-weight: 600;
  text-align: center;
  text-decoration: none;
}

.button:hover {
  background: var(--sunken);
}

.button.primary {
  background: var(--accent);
  color: var(--on-accent);
}

.button.primary:hover {
  border-color: var(--accent-strong);
  background: var(--accent-strong);
}

.ways {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.6rem;
}

.rows .ways {
  gap: 1rem;
}

button.small {
  min-height: 2.25rem;
  padding: 0.3rem 0.8rem;
  font-size: 0.9375rem;
}

.bad {
  border-color: var(--bad);
  color: var(--bad);
}

button.bad,
button.bad:hover {
  background: var(--bad);
  color: var(--surface);
}

.qr {
  width: fit-content;
  max-width: 100%;
  margin: 0 0 1rem;
  padding: 0.5rem;
  border: 1px solid var(--line);
  border-radius: 12px;
  background: #fff;
}

.qr svg {
  display: block;
  width: 13rem;
  max-width: 100%;
  height: auto;
}

.desk .user-code code {
  font-size: clamp(1rem, 4.5vw, 1.25rem);
}

.codes {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 11.5rem), 1fr));
  gap: 0.25rem 1.5rem;
  margin: 0 0 1.25rem;
  padding: 0.9rem 1rem 0.9rem 2.75rem;
  border-radius: 12px;
  background: var(--sunken);
}

.codes li,
.codes li + li {
  padding: 0.2rem 0;
  border: 0;
}

.codes li::marker {
  color: var(--muted);
  font-size: 0.875rem;
}

.codes code {
  padding: 0;
  background: none;
  font-size: 1.0625rem;
}
`
