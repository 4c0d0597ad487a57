// Every name of every door that a browser has.
export * from 'countersign'
export * from 'countersign/jwe'
export * from 'countersign/jws'
export * from 'countersign/keyring'
