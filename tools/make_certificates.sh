#!/bin/sh
# Makes certificates for tests and first steps: an authority of your own, a certificate for the
# server and one for a client.
#
#   tools/make_certificates.sh FOLDER [NAME...]
#
# NAME are the names and addresses that clients reach the server by; without any, this machine's
# loopback. FOLDER gets ca.pem, server.pem, server.key, client.pem, client.key; an authority that is
# there already is used again. Keys are readable by you only. Valid for 397 days.
set -eu

if [ $# -lt 1 ]; then
  echo "usage: $0 FOLDER [NAME...]" >&2
  exit 1
fi
folder=$1
shift
[ $# -gt 0 ] || set -- localhost 127.0.0.1 ::1
umask 077
mkdir -p "$folder"
days=397

names=""
for name in "$@"; do
  case $name in
    *:* | *[0-9].*[0-9].*[0-9].*[0-9]) kind=IP ;;
    *) kind=DNS ;;
  esac
  names="$names${names:+,}$kind:$name"
done

make_key() {
  openssl ecparam -name prime256v1 -genkey -noout -out "$1"
}

# sign NAME SUBJECT USE ALTERNATIVE_NAMES
sign() {
  make_key "$folder/$1.key"
  printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=%s\n%s' \
    "$3" "$4" >"$folder/$1.ext"
  openssl req -new -key "$folder/$1.key" -subj "$2" -out "$folder/$1.csr"
  openssl x509 -req -in "$folder/$1.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" \
    -set_serial "0x$(openssl rand -hex 16)" -days $days -sha256 \
    -extfile "$folder/$1.ext" -out "$folder/$1.pem" 2>/dev/null
  rm "$folder/$1.csr" "$folder/$1.ext"
}

if [ ! -e "$folder/ca.pem" ]; then
  make_key "$folder/ca.key"
  openssl req -x509 -new -key "$folder/ca.key" -subj "/CN=immudb test authority" -days $days \
    -sha256 -addext "keyUsage=critical,keyCertSign,cRLSign" -out "$folder/ca.pem"
fi
sign server "/CN=$1" serverAuth "subjectAltName=$names"
sign client "/CN=immudb client" clientAuth ""
echo "made $folder/server.pem for $*; clients trust it with $folder/ca.pem"
