#!/bin/sh
# Refuses settings that are fit for this machine only, where others can reach it.
# The environment is that of the service `preflight` in compose.yaml.
set -eu

faults=0
for name in GRAFANA_ADMIN_PASSWORD POSTGRES_PASSWORD POSTGRES_READER_PASSWORD QDRANT_API_KEY; do
  value=$(printenv "$name" || true)
  case $value in
    change-me*) problem="is still 'change-me'" ;;
    admin | password | telemetry) problem='is a word that everybody tries first' ;;
    ?????????*) continue ;;
    *) problem='has fewer than nine characters' ;;
  esac
  faults=$((faults + 1))
  echo "preflight: $name $problem" >&2
done

case ${BIND_ADDRESS:-127.0.0.1} in
  127.* | ::1 | '[::1]' | localhost)
    if [ "$faults" -gt 0 ]; then
      echo "preflight: that will do on $BIND_ADDRESS, which only this machine reaches" >&2
    fi
    ;;
  *)
    if [ "$faults" -gt 0 ]; then
      echo "preflight: BIND_ADDRESS=$BIND_ADDRESS lets other machines in: set these in .env.observability first, or bind to 127.0.0.1" >&2
      exit 1
    fi
    ;;
esac
