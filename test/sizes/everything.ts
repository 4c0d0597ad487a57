// Every name of every door that an app in a browser has: all but the test kit.
export * from 'countersign'
export * from 'countersign/guard'
export * from 'countersign/jwe'
export * from 'countersign/jws'
export * from 'countersign/keyring'
export * from 'countersign/profile'
export * from 'countersign/revocation'
