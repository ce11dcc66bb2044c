#!/usr/bin/env bash
# A private CA, a certificate for the Collector and one for each program, with openssl.
#
# Usage: tls.sh FOLDER [HOST...] [--client NAME]... [--days N]
#
#   FOLDER          what is there is kept: run again to add clients or renew (delete first)
#   HOST            names and addresses programs reach the Collector by;
#                   localhost, 127.0.0.1, ::1 and otel-collector are always in it
#   --client NAME   a client certificate NAME.pem with its key (default: one, `client`)
#   --days N        how long certificates are good (default: 365; the CA: ten times that)
#
# ca.key signs whatever is to be trusted: keep it elsewhere than on the servers.
set -euo pipefail
umask 077

folder='' days=365 hosts=() clients=()
while (($#)); do
  case $1 in
    --client) clients+=("${2:?--client NAME}"); shift 2 ;;
    --days) days=${2:?--days N}; shift 2 ;;
    -h | --help) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit ;;
    -*) echo "tls.sh: no option $1; --help tells" >&2; exit 2 ;;
    *) if [[ -z $folder ]]; then folder=$1; else hosts+=("$1"); fi; shift ;;
  esac
done
[[ -n $folder ]] || { echo "tls.sh: which folder? --help tells" >&2; exit 2; }
[[ $days =~ ^[0-9]+$ ]] || { echo "tls.sh: --days $days is not a number" >&2; exit 2; }
((${#clients[@]})) || clients=(client)

main() {
  mkdir -p "$folder"
  if [[ ! -f $folder/ca.key ]]; then
    key "$folder/ca.key"
    openssl req -x509 -new -key "$folder/ca.key" -days $((days * 10)) -subj "/CN=telemetry CA" \
      -addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
      -addext "keyUsage=critical,keyCertSign,cRLSign" -out "$folder/ca.pem"
    made ca.pem
  fi
  certificate collector serverAuth "$(names localhost 127.0.0.1 ::1 otel-collector ${hosts[@]+"${hosts[@]}"})"
  for name in "${clients[@]}"; do certificate "$name" clientAuth "DNS:$name"; done
  chmod 644 "$folder"/*.pem
}

# NAME USE ALTERNATIVE-NAMES
certificate() {
  local name=$1 use=$2 alternative=$3
  [[ ! -f $folder/$name.pem ]] || { echo "$folder/$name.pem is there: left alone"; return; }
  key "$folder/$name.key"
  openssl req -new -key "$folder/$name.key" -subj "/CN=$name" |
    openssl x509 -req -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -days "$days" \
      -extfile <(printf '%s\n' "basicConstraints=critical,CA:FALSE" \
        "keyUsage=critical,digitalSignature" "subjectKeyIdentifier=hash" "authorityKeyIdentifier=keyid" "extendedKeyUsage=$use" "subjectAltName=$alternative") \
      -out "$folder/$name.pem" 2>/dev/null
  made "$name.pem"
}

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

made() { echo "$folder/$1: good until $(openssl x509 -in "$folder/$1" -noout -enddate | cut -d= -f2)"; }

# An address is IP:…, a name DNS:…
names() {
  local each list=()
  for each; do
    if [[ $each =~ ^[0-9.]+$ || $each == *:* ]]; then list+=("IP:$each"); else list+=("DNS:$each"); fi
  done
  (IFS=,; echo "${list[*]}")
}

main
