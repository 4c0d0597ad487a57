#!/usr/bin/env bash
# Makes new keys with OpenSSL and writes each of them in every form to keys.json. The tests only read that file, so this
# runs only when a form is added; README.md says what it takes.
#
#   NODE_SEED=node26 NODE_BOTH=node24 ./make.sh
#
# NODE_SEED and NODE_BOTH are two Nodes for the ML-DSA keys: one whose PKCS#8 holds the seed alone (26), and one whose
# PKCS#8 holds the seed and the expanded key (24). Without them the file has no ML-DSA keys.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

PASSPHRASE='correct horse battery staple'
# Beyond ASCII: OpenSSL takes the octets of UTF-8.
OTHER_PASSPHRASE='Grüße, κόσμε'
THREE=(aes256 aes128 des3)

openssl() { command openssl "$@" 2>>openssl.log || { tail -5 openssl.log >&2; return 1; }; }

line() { (IFS=$'\t'; echo "$*") >>manifest.tsv; }
# form KEY FORM KIND FILE [PASSPHRASE]: an input that is taken; .der is octets, every other file is text
form() { line form "$1" "$2" "$3" "$4" "${5-}"; }
# refused WHAT FILE [PASSPHRASE]
refused() { line refused "$1" '' '' "$2" "${3-}"; }

# The forms that every kind of key has. $1 is the name, $2 the file with the private key, up to its ending.
common_forms() {
  local key=$1 k=$2
  line key "$key" '' '' "$k"
  openssl pkey -in "$k.pem" -text -noout -out "$k.txt"
  openssl pkcs8 -topk8 -nocrypt -in "$k.pem" -out "$k.pkcs8.pem"
  openssl pkcs8 -topk8 -nocrypt -in "$k.pem" -outform DER -out "$k.pkcs8.der"
  openssl pkey -in "$k.pem" -pubout -out "$k.spki.pem"
  openssl pkey -in "$k.pem" -pubout -outform DER -out "$k.spki.der"
  form "$key" 'PKCS#8 PEM' private "$k.pkcs8.pem"
  form "$key" 'PKCS#8 DER' private "$k.pkcs8.der"
  form "$key" 'SPKI PEM' public "$k.spki.pem"
  form "$key" 'SPKI DER' public "$k.spki.der"

  local sealed=(openssl pkcs8 -topk8 -in "$k.pem" -passout "pass:$PASSPHRASE")
  "${sealed[@]}" -v2 aes-256-cbc -v2prf hmacWithSHA256 -out "$k.aes256.pem"
  "${sealed[@]}" -v2 aes-256-cbc -v2prf hmacWithSHA256 -outform DER -out "$k.aes256.der"
  "${sealed[@]}" -v2 aes-128-cbc -v2prf hmacWithSHA512 -out "$k.aes128.pem"
  "${sealed[@]}" -v1 PBE-SHA1-3DES -out "$k.pbes1.pem"
  form "$key" 'encrypted PKCS#8 PEM (PBES2: PBKDF2 with SHA-256, AES-256-CBC)' private "$k.aes256.pem" "$PASSPHRASE"
  form "$key" 'encrypted PKCS#8 DER (PBES2: PBKDF2 with SHA-256, AES-256-CBC)' private "$k.aes256.der" "$PASSPHRASE"
  form "$key" 'encrypted PKCS#8 PEM (PBES2: PBKDF2 with SHA-512, AES-128-CBC)' private "$k.aes128.pem" "$PASSPHRASE"
  form "$key" 'encrypted PKCS#8 PEM (PBES1: SHA-1, 3DES)' private "$k.pbes1.pem" "$PASSPHRASE"

  certificate "$k" "$k.cert.pem"
  openssl x509 -in "$k.cert.pem" -outform DER -out "$k.cert.der"
  form "$key" 'certificate PEM' public "$k.cert.pem"
  form "$key" 'certificate DER' public "$k.cert.der"
}

# certificate KEY_FILE OUT [OPTION…]
certificate() {
  if [[ $1 != X* ]]; then
    openssl req -x509 -key "$1.pem" -subj '/CN=countersign test' -days 36500 -out "$2" "${@:3}"
    return
  fi
  # A key that does not sign asks for nothing: another key asks, and a third one signs.
  openssl req -new -key prime256v1.pem -subj '/CN=countersign test' -out "$1.csr.pem"
  openssl x509 -req -in "$1.csr.pem" -CA secp384r1.cert.pem -CAkey secp384r1.pem -force_pubkey "$1.spki.pem" \
    -set_serial 1 -days 36500 -out "$2"
}

# Forms that add nothing from one kind of key to the next.
rare_forms() {
  local key=$1 k=$2
  local sealed=(openssl pkcs8 -topk8 -in "$k.pem")
  "${sealed[@]}" -v2 des3 -passout "pass:$PASSPHRASE" -out "$k.pbes2-des3.pem"
  "${sealed[@]}" -v2 aes-256-cbc -passout "pass:$OTHER_PASSPHRASE" -out "$k.other.pem"
  form "$key" 'encrypted PKCS#8 PEM (PBES2: PBKDF2 with SHA-256, 3DES)' private "$k.pbes2-des3.pem" "$PASSPHRASE"
  form "$key" 'encrypted PKCS#8 PEM (passphrase beyond ASCII)' private "$k.other.pem" "$OTHER_PASSPHRASE"
}

rsa_forms() {
  local key=$1 k=$2
  openssl rsa -in "$k.pem" -traditional -out "$k.pkcs1.pem"
  openssl rsa -in "$k.pem" -traditional -outform DER -out "$k.pkcs1.der"
  openssl rsa -in "$k.pem" -RSAPublicKey_out -out "$k.pkcs1-public.pem"
  openssl rsa -in "$k.pem" -RSAPublicKey_out -outform DER -out "$k.pkcs1-public.der"
  form "$key" 'PKCS#1 PEM' private "$k.pkcs1.pem"
  form "$key" 'PKCS#1 DER' private "$k.pkcs1.der"
  form "$key" 'PKCS#1 public PEM' public "$k.pkcs1-public.pem"
  form "$key" 'PKCS#1 public DER' public "$k.pkcs1-public.der"
  for cipher in "${THREE[@]}"; do
    openssl rsa -in "$k.pem" -traditional "-$cipher" -passout "pass:$PASSPHRASE" -out "$k.legacy-$cipher.pem"
    form "$key" "legacy encrypted PKCS#1 PEM ($cipher)" private "$k.legacy-$cipher.pem" "$PASSPHRASE"
  done
  certificate "$k" "$k.cert-pss.pem" -sigopt rsa_padding_mode:pss
  form "$key" 'certificate PEM (signed with PSS)' public "$k.cert-pss.pem"
}

ec_forms() {
  local key=$1 k=$2
  form "$key" 'SEC 1 PEM behind its EC PARAMETERS' private "$k.pem"
  openssl ec -in "$k.pem" -out "$k.sec1.pem"
  openssl ec -in "$k.pem" -outform DER -out "$k.sec1.der"
  openssl ec -in "$k.pem" -conv_form compressed -out "$k.sec1-compressed.pem"
  openssl ec -in "$k.pem" -no_public -out "$k.sec1-alone.pem"
  openssl pkey -in "$k.pem" -ec_conv_form compressed -out "$k.pkcs8-compressed.pem"
  openssl pkcs8 -topk8 -nocrypt -in "$k.sec1-alone.pem" -out "$k.pkcs8-alone.pem"
  openssl ec -in "$k.pem" -pubout -conv_form compressed -out "$k.spki-compressed.pem"
  openssl ec -in "$k.pem" -pubout -conv_form compressed -outform DER -out "$k.spki-compressed.der"
  certificate "$k.sec1-compressed" "$k.cert-compressed.pem"
  form "$key" 'SEC 1 PEM' private "$k.sec1.pem"
  form "$key" 'SEC 1 DER' private "$k.sec1.der"
  form "$key" 'SEC 1 PEM (compressed point)' private "$k.sec1-compressed.pem"
  form "$key" 'SEC 1 PEM (no public point)' private "$k.sec1-alone.pem"
  form "$key" 'PKCS#8 PEM (compressed point)' private "$k.pkcs8-compressed.pem"
  form "$key" 'PKCS#8 PEM (no public point)' private "$k.pkcs8-alone.pem"
  form "$key" 'SPKI PEM (compressed point)' public "$k.spki-compressed.pem"
  form "$key" 'SPKI DER (compressed point)' public "$k.spki-compressed.der"
  form "$key" 'certificate PEM (compressed point)' public "$k.cert-compressed.pem"
  for cipher in "${THREE[@]}"; do
    openssl ec -in "$k.pem" "-$cipher" -passout "pass:$PASSPHRASE" -out "$k.legacy-$cipher.pem"
    form "$key" "legacy encrypted SEC 1 PEM ($cipher)" private "$k.legacy-$cipher.pem" "$PASSPHRASE"
  done
}

for bits in 2048 3072; do
  openssl genrsa -out "rsa$bits.pem" "$bits"
  common_forms "RSA $bits" "rsa$bits"
  rsa_forms "RSA $bits" "rsa$bits"
done
while read -r key curve; do
  openssl ecparam -name "$curve" -genkey -out "$curve.pem"
  common_forms "$key" "$curve"
  ec_forms "$key" "$curve"
done <<'CURVES'
P-256 prime256v1
P-384 secp384r1
P-521 secp521r1
secp256k1 secp256k1
CURVES
for key in Ed25519 Ed448 X25519 X448; do
  openssl genpkey -algorithm "$key" -out "$key.pem"
  common_forms "$key" "$key"
done
rare_forms 'RSA 2048' rsa2048
rare_forms P-256 prime256v1
rare_forms Ed25519 Ed25519
# One alone, since scrypt takes long, and is meant to.
openssl pkcs8 -topk8 -in prime256v1.pem -scrypt -passout "pass:$PASSPHRASE" -out scrypt.pem
form P-256 'encrypted PKCS#8 PEM (PBES2: scrypt, AES-256-CBC)' private scrypt.pem "$PASSPHRASE"

# A certificate of version 1, which another key signed.
openssl req -new -key prime256v1.pem -subj '/CN=countersign test leaf' -out csr.pem
openssl x509 -req -in csr.pem -CA secp384r1.cert.pem -CAkey secp384r1.pem -set_serial 1 -days 36500 -out leaf.pem
form P-256 'certificate PEM (version 1)' public leaf.pem

# ML-DSA, which OpenSSL 3.0 does not have.
ml_dsa() { # NODE IN|- OUT [PASSPHRASE]: a new key or that of a file, as this Node writes it
  "$1" - "$key" "${@:2}" <<'JS'
const { createPrivateKey, createPublicKey, generateKeyPairSync } = require('node:crypto')
const { readFileSync, writeFileSync } = require('node:fs')
const [alg, from, to, passphrase] = process.argv.slice(2)
const key = from === '-' ? generateKeyPairSync(alg.toLowerCase()).privateKey : createPrivateKey(readFileSync(from))
const sealed = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
const open = createPublicKey(key)
for (const [format, ending] of [['pem', 'pem'], ['der', 'der']]) {
  writeFileSync(`${to}.${ending}`, key.export({ type: 'pkcs8', format, ...sealed }))
  writeFileSync(`${to}.spki.${ending}`, open.export({ type: 'spki', format }))
}
JS
}
expanded() { # IN OUT: PKCS#8 with seed and expanded key made into one with the expanded key alone (RFC 9881 §6)
  "$NODE_BOTH" - "$@" <<'JS'
const { readFileSync, writeFileSync } = require('node:fs')
const [from, to] = process.argv.slice(2)
const both = readFileSync(from)
// SEQUENCE, version and algorithm, OCTET STRING, SEQUENCE, seed: each length stands in two octets but that of the seed.
const [algorithm, key] = [both.subarray(4, 20), both.subarray(4 + 16 + 4 + 4 + 34)]
const element = (tag, ...parts) => {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 0xff]), content])
}
writeFileSync(to, element(0x30, algorithm, element(4, key)))
JS
  openssl base64 -in "$2" -out body
  { echo '-----BEGIN PRIVATE KEY-----'; cat body; echo '-----END PRIVATE KEY-----'; } >"${2%.der}.pem"
}
if [[ -n ${NODE_SEED-} && -n ${NODE_BOTH-} ]]; then
  for key in ML-DSA-44 ML-DSA-65 ML-DSA-87; do
    ml_dsa "$NODE_BOTH" - "$key"
    ml_dsa "$NODE_SEED" "$key.pem" "$key.seed"
    ml_dsa "$NODE_BOTH" "$key.pem" "$key.sealed" "$PASSPHRASE"
    ml_dsa "$NODE_SEED" "$key.pem" "$key.seed-sealed" "$PASSPHRASE"
    line key "$key" '' '' "$key"
    form "$key" 'PKCS#8 PEM (seed and expanded key)' private "$key.pem"
    form "$key" 'PKCS#8 DER (seed and expanded key)' private "$key.der"
    form "$key" 'PKCS#8 PEM (seed)' private "$key.seed.pem"
    form "$key" 'PKCS#8 DER (seed)' private "$key.seed.der"
    form "$key" 'SPKI PEM' public "$key.spki.pem"
    form "$key" 'SPKI DER' public "$key.spki.der"
    form "$key" 'encrypted PKCS#8 PEM (seed)' private "$key.seed-sealed.pem" "$PASSPHRASE"
    form "$key" 'encrypted PKCS#8 DER (seed)' private "$key.seed-sealed.der" "$PASSPHRASE"
    [[ $key != ML-DSA-44 ]] ||
      form "$key" 'encrypted PKCS#8 PEM (seed and expanded key)' private "$key.sealed.pem" "$PASSPHRASE"
    expanded "$key.der" "$key.expanded.der"
    refused "ML-DSA without its seed: $key PKCS#8 PEM" "$key.expanded.pem"
    refused "ML-DSA without its seed: $key PKCS#8 DER" "$key.expanded.der"
  done
else
  echo 'NODE_SEED and NODE_BOTH are not set: no ML-DSA keys' >&2
fi

# What is refused: keys that no JWK can hold, that are too weak, or that no algorithm here takes. Before the colon
# stands the reason, which the test looks up.
openssl pkcs8 -topk8 -nocrypt -in prime256v1.pem -out p.pem
openssl ec -in prime256v1.pem -param_enc explicit -out explicit.sec1.pem
openssl pkey -in prime256v1.pem -ec_param_enc explicit -out explicit.pkcs8.pem
openssl pkey -in prime256v1.pem -ec_param_enc explicit -pubout -out explicit.spki.pem
openssl pkey -in prime256v1.pem -ec_param_enc explicit -pubout -outform DER -out explicit.spki.der
openssl ecparam -name prime256v1 -param_enc explicit -genkey -out explicit.pem
openssl pkcs8 -topk8 -in explicit.pkcs8.pem -passout "pass:$PASSPHRASE" -out explicit.sealed.pem
openssl ec -in explicit.pem -param_enc explicit -aes256 -passout "pass:$PASSPHRASE" -out explicit.legacy.pem
certificate explicit explicit.cert.pem
refused 'explicit parameters: SEC 1 PEM' explicit.sec1.pem
refused 'explicit parameters: SEC 1 PEM behind its EC PARAMETERS' explicit.pem
refused 'explicit parameters: PKCS#8 PEM' explicit.pkcs8.pem
refused 'explicit parameters: SPKI PEM' explicit.spki.pem
refused 'explicit parameters: SPKI DER' explicit.spki.der
refused 'explicit parameters: certificate PEM' explicit.cert.pem
refused 'explicit parameters: encrypted PKCS#8 PEM' explicit.sealed.pem "$PASSPHRASE"
refused 'explicit parameters: legacy encrypted SEC 1 PEM' explicit.legacy.pem "$PASSPHRASE"
openssl ec -in prime256v1.pem -pubout -conv_form hybrid -out hybrid.pem
refused 'hybrid point: SPKI PEM' hybrid.pem

for curve in secp224r1 brainpoolP256r1; do
  openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$curve" -out "$curve.pem"
  openssl pkey -in "$curve.pem" -pubout -out "$curve.spki.pem"
  refused "$curve: PKCS#8 PEM" "$curve.pem"
  refused "$curve: SPKI PEM" "$curve.spki.pem"
done
openssl genpkey -algorithm DH -pkeyopt group:ffdhe2048 -out dh.pem
openssl pkey -in dh.pem -pubout -out dh.spki.pem
refused 'DH: PKCS#8 PEM' dh.pem
refused 'DH: SPKI PEM' dh.spki.pem
openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:2048 -pkeyopt dsa_paramgen_q_bits:256 -out dsa.params
openssl genpkey -paramfile dsa.params -out dsa.pem
openssl pkey -in dsa.pem -traditional -out dsa.own.pem
openssl pkey -in dsa.pem -pubout -out dsa.spki.pem
refused 'DSA: PKCS#8 PEM' dsa.pem
refused 'DSA: DSA PRIVATE KEY' dsa.own.pem
refused 'DSA: SPKI PEM' dsa.spki.pem

openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.pem
openssl pkey -in pss.pem -pubout -out pss.spki.pem
openssl pkcs8 -topk8 -in pss.pem -passout "pass:$PASSPHRASE" -out pss.sealed.pem
certificate pss pss.cert.pem
refused 'RSASSA-PSS: PKCS#8 PEM' pss.pem
refused 'RSASSA-PSS: SPKI PEM' pss.spki.pem
refused 'RSASSA-PSS: certificate PEM' pss.cert.pem
refused 'RSASSA-PSS: encrypted PKCS#8 PEM' pss.sealed.pem "$PASSPHRASE"
openssl genrsa -out weak.pem 1024
openssl rsa -in weak.pem -traditional -out weak.pkcs1.pem
openssl pkey -in weak.pem -pubout -out weak.spki.pem
openssl rsa -in weak.pem -RSAPublicKey_out -out weak.public.pem
openssl pkcs8 -topk8 -in weak.pem -passout "pass:$PASSPHRASE" -out weak.sealed.pem
openssl rsa -in weak.pem -traditional -aes256 -passout "pass:$PASSPHRASE" -out weak.legacy.pem
certificate weak weak.cert.pem
refused 'RSA 1024: PKCS#8 PEM' weak.pem
refused 'RSA 1024: PKCS#1 PEM' weak.pkcs1.pem
refused 'RSA 1024: SPKI PEM' weak.spki.pem
refused 'RSA 1024: PKCS#1 public PEM' weak.public.pem
refused 'RSA 1024: certificate PEM' weak.cert.pem
refused 'RSA 1024: encrypted PKCS#8 PEM' weak.sealed.pem "$PASSPHRASE"
refused 'RSA 1024: legacy encrypted PKCS#1 PEM' weak.legacy.pem "$PASSPHRASE"
openssl genrsa -3 -out three.pem 2048
openssl pkey -in three.pem -pubout -out three.spki.pem
refused 'RSA with exponent 3: PKCS#8 PEM' three.pem
refused 'RSA with exponent 3: SPKI PEM' three.spki.pem
openssl genrsa -primes 3 -out primes.pem 2048
refused 'RSA of three primes: PKCS#8 PEM' primes.pem

# Ciphers that OpenSSL, and so Node, has only when it is asked for the old ones.
old=(-provider legacy -provider default)
openssl pkcs8 -topk8 -in prime256v1.pem -v1 PBE-MD5-DES -passout "pass:$PASSPHRASE" "${old[@]}" -out md5-des.pem
openssl ec -in prime256v1.pem -des -passout "pass:$PASSPHRASE" "${old[@]}" -out des.pem
refused 'old cipher: encrypted PKCS#8 PEM (PBES1: MD5, DES)' md5-des.pem "$PASSPHRASE"
refused 'old cipher: legacy encrypted SEC 1 PEM (des)' des.pem "$PASSPHRASE"

# Files with several blocks, or with something else than a key.
cat leaf.pem secp384r1.cert.pem >chain.pem
cat p.pem prime256v1.cert.pem >with-cert.pem
cat prime256v1.cert.pem p.pem >cert-with.pem
cat prime256v1.spki.pem p.pem >pair.pem
openssl pkcs12 -export -inkey prime256v1.pem -in prime256v1.cert.pem -passout "pass:$PASSPHRASE" -out store.der
openssl pkcs12 -in store.der -passin "pass:$PASSPHRASE" -nodes -out bags.pem
openssl ecparam -name prime256v1 -out params.pem
openssl x509 -in prime256v1.cert.pem -trustout -addtrust serverAuth -out trusted.pem
openssl crl2pkcs7 -nocrl -certfile prime256v1.cert.pem -out pkcs7.pem
openssl req -in csr.pem -outform DER -out csr.der
refused 'several blocks: a chain of certificates' chain.pem
refused 'several blocks: a private key and its certificate' with-cert.pem
refused 'several blocks: a certificate and its private key' cert-with.pem
refused 'several blocks: a public and a private key' pair.pem
refused 'text around: what openssl pkcs12 -nodes writes' bags.pem
refused 'PKCS#12: DER' store.der "$PASSPHRASE"
refused 'curve without a key: EC PARAMETERS' params.pem
refused 'certificate request: PEM' csr.pem
refused 'certificate request in DER: DER' csr.der
refused 'certificate of OpenSSL alone: TRUSTED CERTIFICATE' trusted.pem
refused 'bundle of certificates: PKCS7' pkcs7.pem

if command -v ssh-keygen >ssh.log; then
  for kind in ed25519 rsa; do
    ssh-keygen -q -t "$kind" -N '' -C 'countersign test' -f "ssh-$kind"
    refused "OpenSSH: public key line, $kind" "ssh-$kind.pub"
  done
  ssh-keygen -e -f ssh-ed25519.pub >ssh2.pub
  cp ssh-ed25519 ssh-sealed
  ssh-keygen -q -p -P '' -N "$PASSPHRASE" -f ssh-sealed >ssh.log
  refused 'OpenSSH: private key' ssh-ed25519
  refused 'OpenSSH: encrypted private key' ssh-sealed "$PASSPHRASE"
  refused 'SSH2: public key of RFC 4716' ssh2.pub
else
  echo 'no ssh-keygen: no OpenSSH keys' >&2
fi

"${NODE_BOTH:-node}" "$here/gather.ts" "$work" >keys.json
cp keys.json "$here/keys.json"
