/**
 * Vectors of `/vectors` that no test runs yet, each with what it waits for. When a feature comes, its vectors go into a
 * suite (`suites.ts`) and leave this list; a test holds that the two together are all there is.
 */
const REASON = {
  jwe: 'JWE: nothing is decrypted yet',
  jweJson: 'JWE in a JSON serialization: nothing is decrypted yet',
  nested: 'a nested JWT: nothing is decrypted yet',
  rsa15: 'JWE with RSA1_5: nothing is decrypted yet, and this may well be refused for good',
  pbes2: 'JWE with PBES2: nothing is decrypted yet',
  zip: 'JWE with zip: nothing is decrypted yet',
  x25519: 'X25519 is no curve of a key yet',
  x448: 'X448 is no curve of a key yet',
  unprotected: 'JWE with alg in the unprotected header alone: nothing is decrypted yet',
} as const

/** How many vectors wait. This number may only go down. */
export const WAITING_COUNT = 52

/** The reason by the id of the vector. */
export const WAITING: ReadonlyMap<string, string> = new Map([
  ['rfc/rfc7516.json A.1', REASON.jwe],
  ['rfc/rfc7516.json A.2', REASON.rsa15],
  ['rfc/rfc7516.json A.3', REASON.jwe],
  ['rfc/rfc7516.json A.4', REASON.rsa15],
  ['rfc/rfc7516.json A.5', REASON.jweJson],
  ['rfc/rfc7516.json B', REASON.jwe],
  ['rfc/rfc7517.json C', REASON.pbes2],
  ['rfc/rfc7518.json C', REASON.jwe],
  ['rfc/rfc7519.json A.1', REASON.rsa15],
  ['rfc/rfc7519.json A.2', REASON.rsa15],
  ['rfc/rfc8037.json A.6', REASON.x25519],
  ['rfc/rfc8037.json A.7', REASON.x448],
  ['rfc7520/6.nesting_signatures_and_encryption.json encrypt compact', REASON.nested],
  ['rfc7520/6.nesting_signatures_and_encryption.json encrypt json', REASON.jweJson],
  ['rfc7520/6.nesting_signatures_and_encryption.json encrypt json_flat', REASON.jweJson],
  ['rfc7520/curve25519/ecdh-es.json compact', REASON.x25519],
  ['rfc7520/curve25519/ecdh-es.json json', REASON.x25519],
  ['rfc7520/curve25519/ecdh-es.json json_flat', REASON.x25519],
  ['rfc7520/jwe/5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2.json compact', REASON.rsa15],
  ['rfc7520/jwe/5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2.json json', REASON.rsa15],
  ['rfc7520/jwe/5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2.json json_flat', REASON.rsa15],
  ['rfc7520/jwe/5_10.including_additional_authentication_data.json json', REASON.jweJson],
  ['rfc7520/jwe/5_10.including_additional_authentication_data.json json_flat', REASON.jweJson],
  ['rfc7520/jwe/5_11.protecting_specific_header_fields.json json', REASON.jweJson],
  ['rfc7520/jwe/5_11.protecting_specific_header_fields.json json_flat', REASON.jweJson],
  ['rfc7520/jwe/5_12.protecting_content_only.json json', REASON.unprotected],
  ['rfc7520/jwe/5_12.protecting_content_only.json json_flat', REASON.unprotected],
  ['rfc7520/jwe/5_13.encrypting_to_multiple_recipients.json json', REASON.jweJson],
  ['rfc7520/jwe/5_2.key_encryption_using_rsa-oaep_with_aes-gcm.json compact', REASON.jwe],
  ['rfc7520/jwe/5_2.key_encryption_using_rsa-oaep_with_aes-gcm.json json', REASON.jweJson],
  ['rfc7520/jwe/5_2.key_encryption_using_rsa-oaep_with_aes-gcm.json json_flat', REASON.jweJson],
  ['rfc7520/jwe/5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2.json compact', REASON.pbes2],
  ['rfc7520/jwe/5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2.json json', REASON.pbes2],
  ['rfc7520/jwe/5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2.json json_flat', REASON.pbes2],
  [
    'rfc7520/jwe/5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm.json compact',
    REASON.jwe,
  ],
  [
    'rfc7520/jwe/5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm.json json',
    REASON.jweJson,
  ],
  [
    'rfc7520/jwe/5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm.json json_flat',
    REASON.jweJson,
  ],
  ['rfc7520/jwe/5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2.json compact', REASON.jwe],
  ['rfc7520/jwe/5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2.json json', REASON.jweJson],
  ['rfc7520/jwe/5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2.json json_flat', REASON.jweJson],
  ['rfc7520/jwe/5_6.direct_encryption_using_aes-gcm.json compact', REASON.jwe],
  ['rfc7520/jwe/5_6.direct_encryption_using_aes-gcm.json json', REASON.jweJson],
  ['rfc7520/jwe/5_6.direct_encryption_using_aes-gcm.json json_flat', REASON.jweJson],
  ['rfc7520/jwe/5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2.json compact', REASON.jwe],
  ['rfc7520/jwe/5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2.json json', REASON.jweJson],
  ['rfc7520/jwe/5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2.json json_flat', REASON.jweJson],
  ['rfc7520/jwe/5_8.key_wrap_using_aes-keywrap_with_aes-gcm.json compact', REASON.jwe],
  ['rfc7520/jwe/5_8.key_wrap_using_aes-keywrap_with_aes-gcm.json json', REASON.jweJson],
  ['rfc7520/jwe/5_8.key_wrap_using_aes-keywrap_with_aes-gcm.json json_flat', REASON.jweJson],
  ['rfc7520/jwe/5_9.compressed_content.json compact', REASON.zip],
  ['rfc7520/jwe/5_9.compressed_content.json json', REASON.zip],
  ['rfc7520/jwe/5_9.compressed_content.json json_flat', REASON.zip],
])
