/** The look of the overview: how many there are of each, and the keys in time. */
export const TIMELINE_STYLE: string = `
.tiles {
  display: grid;
  grid-template-columns: repeat(3, minmax(0, 1fr));
  gap: clamp(0.5rem, 2vw, 1.25rem);
  margin-bottom: 1.25rem;
  padding: 0;
  border: 0;
}

.tiles li {
  padding: 0;
  border: 0;
}

.tile {
  display: block;
  padding: clamp(0.8rem, 3vw, 1.25rem);
  border: 1px solid var(--line);
  border-radius: 16px;
  background: var(--surface);
  box-shadow: var(--shadow);
  color: inherit;
  text-decoration: none;
}

a.tile:hover {
  border-color: var(--accent);
}

.tile .number {
  display: block;
  font-size: clamp(1.2rem, 5.5vw, 2rem);
  white-space: nowrap;
  font-weight: 650;
  font-variant-numeric: tabular-nums;
  letter-spacing: -0.02em;
  line-height: 1.2;
}

.tile .name {
  color: var(--muted);
  font-size: 0.875rem;
}

a.tile .name {
  color: var(--accent);
  text-decoration: underline;
  text-underline-offset: 0.2em;
}

.timeline {
  margin: 0;
}

.timeline > svg {
  display: block;
}

/* Lines that cross a text make room for it. */
.timeline text {
  fill: currentColor;
  stroke: var(--surface);
  stroke-width: 4px;
  stroke-linejoin: round;
  paint-order: stroke;
  font-size: 0.8125rem;
}

.timeline .alg {
  font-weight: 650;
}

.timeline .state,
.timeline .tick text {
  fill: var(--muted);
}

.timeline .tick text {
  font-size: 0.75rem;
  font-variant-numeric: tabular-nums;
}

.timeline .tick line {
  stroke: var(--line);
}

.timeline .now {
  stroke: var(--warm);
  stroke-width: 2;
  stroke-dasharray: 4 3;
}

.timeline .now-text {
  fill: var(--warm-ink);
  font-weight: 650;
}

.timeline .published,
.timeline .retired,
.timeline .revoked {
  fill: var(--surface);
  stroke: var(--accent);
}

.timeline .retired {
  stroke: var(--edge);
}

.timeline .signs {
  fill: var(--accent);
  stroke: var(--accent);
}

.timeline .revoked {
  stroke: var(--bad);
}

.timeline .dot {
  fill: var(--accent);
}

.timeline .line {
  stroke: var(--edge);
  stroke-width: 2.5;
}

.timeline .cross {
  stroke: var(--bad);
  stroke-width: 1.3;
}

.legend {
  display: flex;
  flex-wrap: wrap;
  gap: 0.25rem 1.25rem;
  margin: 0.75rem 0 0;
  padding: 0;
  border: 0;
  color: var(--muted);
  font-size: 0.875rem;
}

.legend li {
  display: flex;
  align-items: center;
  gap: 0.5rem;
  padding: 0;
  border: 0;
}

@media (max-width: 40rem) {
  .timeline .minor {
    display: none;
  }
}

@media (forced-colors: active) {
  .timeline .signs {
    fill: CanvasText;
  }

  .timeline rect {
    stroke: CanvasText;
  }

  .badge {
    border-color: CanvasText;
  }
}
`
