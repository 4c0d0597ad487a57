/** The look of tables, which are cards where there is little room. */
export const TABLES_STYLE: string = `
.wide main {
  container-type: inline-size;
}

.table {
  width: 100%;
  border-collapse: collapse;
  font-size: 0.9375rem;
}

.table th,
.table td {
  padding: 0.55rem 0.9rem 0.55rem 0;
  border-bottom: 1px solid var(--line);
  text-align: start;
  vertical-align: top;
}

/* A date is not broken within a word: its column takes the room from others. */
.table time {
  font-size: 0.875rem;
  overflow-wrap: normal;
}

.table thead th {
  padding-top: 0;
  color: var(--muted);
  font-size: 0.8125rem;
  font-weight: 600;
  white-space: nowrap;
}

.table tbody th {
  font-weight: 500;
}

.table tr:last-child > * {
  border-bottom: 0;
}

.table tr > :last-child {
  padding-right: 0;
}

.table time {
  font-variant-numeric: tabular-nums;
}

.table tbody code {
  font-weight: 400;
}

.words code {
  display: inline-block;
  margin-bottom: 0.15rem;
}

.table form {
  margin: 0;
}

.table .event,
.table thead + tbody > tr > th > code {
  font-size: 0.8125rem;
}

.reason {
  display: block;
  font-size: 0.875rem;
}

.pairs > span {
  display: inline-block;
  margin-right: 0.75rem;
}

.address {
  font-variant-numeric: tabular-nums;
}

@container (min-width: 50.01rem) {
  .table tbody tr:hover {
    background: color-mix(in srgb, var(--sunken) 60%, transparent);
  }

  .table th > time,
  .table .event,
  .table button,
  .table .button {
    white-space: nowrap;
  }

  .table tbody > tr > * {
    min-width: 6rem;
  }

  .table tbody > tr > :first-child:not(:has(> time)) {
    min-width: 10rem;
  }

  .table td:last-child:has(> form, > .button) {
    min-width: 0;
  }

  .table td:last-child form,
  .table td:last-child > .button {
    float: right;
  }
}

@container (max-width: 50rem) {
  .table,
  .table tbody,
  .table tr,
  .table th,
  .table td {
    display: block;
  }

  .table thead {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }

  .table tr {
    padding: 0.8rem 0;
    border-bottom: 1px solid var(--line);
  }

  .table tr:first-child {
    padding-top: 0;
  }

  .table tr:last-child {
    padding-bottom: 0;
    border-bottom: 0;
  }

  .table tbody th,
  .table td {
    padding: 0.15rem 0;
    border: 0;
  }

  .table tbody th {
    padding-bottom: 0.35rem;
    font-weight: 600;
  }

  .table td {
    display: grid;
    grid-template-columns: minmax(0, 5.75rem) minmax(0, 1fr);
    gap: 0 0.75rem;
  }

  .table td::before {
    content: attr(data-name);
    color: var(--muted);
    font-size: 0.875rem;
  }

  .table td:has(> form),
  .table td:has(> .button) {
    display: block;
    padding-top: 0.6rem;
  }

  .table td:empty {
    display: none;
  }

  .table td > .badge,
  .table td > code {
    justify-self: start;
  }
}
`
