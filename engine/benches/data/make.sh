#!/bin/sh
# Makes the chains beside this file, leaf <- ca <- root, valid for 25 years; the keys are thrown away.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

certificate() { # kind name issuer extensions
    case $1 in
    rsa) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/$1-$2.key" ;;
    p256) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$1-$2.key" ;;
    esac 2>/dev/null
    printf '%b' "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n$4" >"$work/extensions"
    openssl req -new -key "$work/$1-$2.key" -subj "/O=Bench/CN=$1 $2" -out "$work/request"
    if [ "$2" = "$3" ]; then
        signer="-signkey $work/$1-$2.key"
    else
        signer="-CA $work/$1-$3.pem -CAkey $work/$1-$3.key"
    fi
    # shellcheck disable=SC2086
    openssl x509 -req -in "$work/request" $signer -set_serial "0x$(openssl rand -hex 8)" -sha256 \
        -days 9131 -extfile "$work/extensions" -out "$work/$1-$2.pem" 2>/dev/null
    openssl x509 -in "$work/$1-$2.pem" -outform DER -out "$1-$2.der"
}

for kind in rsa p256; do
    ca='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n'
    certificate "$kind" root root "$ca"
    certificate "$kind" ca root "$ca"
    certificate "$kind" leaf ca 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:bench.example\n'
done
