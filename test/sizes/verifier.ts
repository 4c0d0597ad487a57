// What a program bundles that verifies access tokens by the JWK Set of their issuer.
export { createVerifier, remoteKeySet } from 'countersign'
