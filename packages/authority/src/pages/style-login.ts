/** The look of what stands under the form of a login: other ways in. */
export const LOGIN_STYLE: string = `
form[data-passkey="get"] .actions {
  margin-top: 0.75rem;
}

form[data-passkey="get"] .error {
  margin-bottom: 0;
}

.way {
  margin: 1.25rem 0 0;
  text-align: center;
}

.other-way {
  margin-top: 1rem;
  border-radius: 10px;
  background: var(--sunken);
}

.other-way summary {
  width: auto;
  margin: 0;
  padding: 0.7rem 0.9rem;
  border-radius: 10px;
  color: var(--accent);
  font-weight: 600;
  cursor: pointer;
}

.other-way form {
  padding: 0 0.9rem 0.9rem;
}

.other-way label {
  margin-top: 0;
}

.other-way .actions {
  margin-top: 0.9rem;
}

.other-way .code input {
  text-transform: none;
}
`
