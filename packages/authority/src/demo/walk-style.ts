/** The look of the walk and its steps, on top of that of wide pages. */
export const WALK_STYLE: string = `.hero { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 26rem); align-items: center; gap: 2rem; }
.hero > div { grid-area: 1 / 1; }
.drawing { width: 100%; height: auto; fill: none; stroke-width: 4; stroke-linecap: round; stroke-linejoin: round; }
.drawing .routes { stroke: var(--edge); stroke-width: 2; stroke-dasharray: 1 7; }
.drawing .tokens rect { fill: var(--surface); stroke: var(--line); stroke-width: 1.5; }
.drawing .ha { stroke: var(--amber); }
.drawing .cl { stroke: var(--blue); }
.drawing .si { stroke: var(--teal); }
.drawing .node { stroke: #fff; }
.drawing .node rect { stroke: none; }
.drawing .node circle { fill: #ffd9a0; stroke: none; }
.drawing text { fill: var(--muted); stroke: none; font-size: 15px; font-weight: 600; text-anchor: middle; }
.drawing .notes rect { fill: #8a4b0a; }
.drawing .photos rect { fill: #3a49b8; }
.drawing .photos path { fill: #fff; }
.drawing .api rect { fill: #0f6b5b; }
.drawing .hub rect { fill: #0f5f49; }
.drawing .hub path:nth-of-type(1) { stroke: #f3b878; }
.drawing .hub { stroke-width: 5.5; }

.greeting {
  display: inline-flex;
  flex-wrap: wrap;
  gap: 0 0.4rem;
  max-width: 60ch;
  margin: 0.5rem 0 0;
  padding: 0.7rem 1rem;
  border: 1px solid var(--line);
  border-radius: 12px;
  background: var(--surface);
  font-size: 0.95rem;
}

.greeting.in { border-color: var(--good); background: var(--good-wash); }

.contents ol {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem;
  margin: clamp(1.75rem, 5vw, 3rem) 0 1.5rem;
  counter-reset: step;
}

.contents li { counter-increment: step; }

.contents a {
  display: flex;
  align-items: center;
  min-height: 2.25rem;
  padding: 0.3rem 0.9rem 0.3rem 0.7rem;
  border: 1px solid var(--line);
  border-radius: 99px;
  background: var(--surface);
  color: var(--ink);
  font-size: 0.875rem;
  text-decoration: none;
}

.contents a::before {
  content: counter(step);
  margin-right: 0.5rem;
  color: var(--accent);
  font-weight: 700;
  font-variant-numeric: tabular-nums;
}

.contents a:hover { border-color: var(--accent); }

.step {
  position: relative;
  display: grid;
  grid-template-columns: 3.25rem minmax(0, 1fr) minmax(0, 1.05fr);
  gap: 0 clamp(1rem, 2.5vw, 2rem);
  margin-bottom: 1.5rem;
  padding: clamp(1.1rem, 3vw, 2.25rem);
  border: 1px solid var(--line);
  border-radius: 20px;
  background: var(--surface);
  box-shadow: var(--shadow);
  scroll-margin-top: 1.25rem;
}

/* From one card to the next. */
.step:not(:last-of-type)::after {
  content: "";
  position: absolute;
  top: 100%;
  left: calc(clamp(1.1rem, 3vw, 2.25rem) + 1.6rem);
  height: 1.5rem;
  border-left: 2px dashed var(--edge);
  opacity: 0.6;
}

.step:target { border-color: var(--accent); }

.step-number {
  display: grid;
  place-items: center;
  width: 3.25rem;
  height: 3.25rem;
  margin: 0;
  border-radius: 16px;
  background: var(--accent);
  color: var(--on-accent);
  font-size: 1.4rem;
  font-weight: 700;
  letter-spacing: -0.03em;
}

.what { display: flex; flex-direction: column; }
.do { display: flex; flex-wrap: wrap; align-items: center; gap: 0.6rem 1rem; margin: 0.25rem 0 1.25rem; }
.do .actions { margin: 0; }
.then { color: var(--muted); font-size: 0.95rem; }
.source { margin: auto 0 0; color: var(--muted); font-size: 0.875rem; }
.source a { display: inline-block; }
.source > span:first-child { margin-right: 0.3rem; color: var(--ink); font-weight: 600; }
.panel { align-self: start; padding: clamp(0.9rem, 2vw, 1.25rem); border-radius: 14px; background: var(--sunken); }
.panel > :last-child { margin-bottom: 0; }
.roomy .what, .roomy .panel { grid-column: 2 / -1; }
.roomy .what { max-width: 62ch; }
.roomy .panel { align-self: stretch; margin-top: 1.5rem; }
.tour .route { counter-reset: route; }
.route li { position: relative; padding: 0 0 0.9rem 1.6rem; font-size: 0.95rem; }
.route li:last-child { padding-bottom: 0; }

.route li::before {
  content: "";
  position: absolute;
  top: 0.45em;
  left: 0.1rem;
  width: 0.7rem;
  height: 0.7rem;
  border: 3px solid var(--teal);
  border-radius: 50%;
  background: var(--sunken);
  z-index: 1;
}

.route li:nth-child(1)::before { border-color: var(--amber); }
.route li:nth-child(2)::before { border-color: var(--blue); }

.route li:not(:last-child)::after {
  content: "";
  position: absolute;
  top: 0.9em;
  bottom: -0.4em;
  left: calc(0.45rem - 1px);
  border-left: 2px solid var(--line);
}

.jwt { font: 0.95rem / 1.9 var(--mono); }
.jwt span { padding: 0.15em 0.3em; border-radius: 5px; white-space: nowrap; }
.h { --tone: var(--amber); --wash: var(--amber-wash); }
.c { --tone: var(--blue); --wash: var(--blue-wash); }
.s { --tone: var(--teal); --wash: var(--teal-wash); }
.jwt span { background: var(--wash); color: var(--tone); }

.token-legend div {
  display: grid;
  grid-template-columns: 6rem minmax(0, 1fr);
  gap: 0.75rem;
  padding: 0.3rem 0 0.3rem 0.75rem;
  border-left: 3px solid var(--tone);
}

.token-legend div + div { margin-top: 0.35rem; }
.token-legend dt { color: var(--tone); font-size: 0.9rem; font-weight: 600; }
.token-legend dd { margin: 0; font-size: 0.9rem; }

.answers li {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0.25rem 1rem;
  padding: 0.55rem 0.8rem;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--surface);
}

.answers li + li { margin-top: 0.5rem; }
.answers + .fine { margin-top: 1rem; }
.answers code, .keys code { padding: 0; background: none; }

.keys li {
  display: grid;
  grid-template-columns: 5.5rem 3.25rem 5rem minmax(0, 1fr);
  align-items: center;
  gap: 0.2rem 0.75rem;
  padding: 0.55rem 0.8rem;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--surface);
  font-size: 0.9rem;
}

.tour .keys li + li, .tour .sharing li + li { margin-top: 0.4rem; border-top: 1px solid var(--line); }
.keys .key-state { justify-self: start; }
.keys + .note { margin: 0.75rem 0 0; }
.key-alg, .key-when { color: var(--muted); }

.tour .sharing li {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0.25rem 1rem;
  padding: 0.6rem 0.9rem;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--surface);
}

.command code::before { content: "$ " / ""; color: var(--muted); }
.sample { opacity: 0.55; }
.after { margin: 3rem 0 1rem; padding-inline: clamp(1.1rem, 3vw, 2.25rem); }
.after dl { display: flex; flex-wrap: wrap; gap: 0.5rem 2.5rem; margin: 1rem 0 0; }
.after dd { margin: 0; }

@media (max-width: 60rem) {
  .step { grid-template-columns: 3.25rem minmax(0, 1fr); }
  .hero { grid-template-columns: minmax(0, 1fr); }
  .drawing { display: none; }
  .panel { grid-column: 2; margin-top: 1.5rem; justify-self: stretch; }
}

@media (max-width: 36rem) {
  .step { grid-template-columns: minmax(0, 1fr); }
  .step-number { width: 2.5rem; height: 2.5rem; margin-bottom: 0.9rem; border-radius: 12px; font-size: 1.15rem; }
  .panel, .roomy .what, .roomy .panel { grid-column: 1; }
  .step:not(:last-of-type)::after { left: calc(clamp(1.1rem, 3vw, 2.25rem) + 1.2rem); }
  .tour .do .button, .do .actions, .tour button { flex: 1 1 100%; }
  .keys li { grid-template-columns: minmax(0, 1fr) auto auto; gap: 0.2rem 0.5rem; padding-inline: 0.6rem; }
  .keys .key-when { grid-column: 1 / -1; }
  .token-legend div { grid-template-columns: minmax(0, 1fr); gap: 0; }
}
`
