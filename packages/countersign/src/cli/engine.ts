/** The cryptography that the commands work with: that of the platform, chosen here once. */
export { backend } from '#crypto'
