# Shared by clients/<language>/test: an empty temporary project, and where the running mesh is.
# shellcheck shell=bash

project_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dist=$project_root/dist
export project_root dist

# enter_empty_project NAME: makes a temporary folder, removed at the end, and goes there.
enter_empty_project() {
  temporary=$(mktemp -d "${TMPDIR:-/tmp}/ordermesh-$1.XXXXXX")
  trap 'rm -rf "$temporary"' EXIT
  cd "$temporary" || exit 1
}

# find_mesh: reads $ORDERMESH_DATA and exports ORDERMESH_ADDRESS (host:port of the partner gRPC edge) and
# ORDERMESH_KEY_FILE (a file with partner-b's key: no key is ever in a process's environment or arguments). Writes
# order.json, with an id that is new each time.
find_mesh() {
  local data=${ORDERMESH_DATA:-$project_root/.ordermesh}
  if [[ ! -s $data/run/endpoints.json || ! -s $data/credentials.json ]]; then
    echo "no mesh runs with ORDERMESH_DATA=$data (tools/up --detach starts one)" >&2
    exit 1
  fi
  ORDERMESH_ADDRESS=$(jq -er .grpc "$data/run/endpoints.json")
  ORDERMESH_KEY_FILE=$temporary/key
  (umask 077 && jq -er '.partners["partner-b"]' "$data/credentials.json" >"$ORDERMESH_KEY_FILE")
  # Every run sends orders of its own: ids begin with this.
  ORDERMESH_RUN=$(date +%s)-$$-$RANDOM
  export ORDERMESH_ADDRESS ORDERMESH_KEY_FILE ORDERMESH_RUN
  cat >order.json <<JSON
{"order": {"ref": "$ORDERMESH_RUN-example", "placedAt": "2026-01-15 10:30:00"}, "buyer": {"id": "9001"},
 "items": [{"sku": "SKU-1", "qty": 2, "price": "10.50"}], "tax": {"ratePercent": 8}, "currency": "EUR"}
JSON
}

# expect_example COMMAND...: runs the example of the README, which sends order.json.
expect_example() {
  local said
  said=$("$@")
  if [[ $said != CREATED\ * ]]; then
    echo "the example said: $said" >&2
    exit 1
  fi
  echo "the README's example: $said"
}

# expect_in_readme LANGUAGE FILE: the example that runs is the one that the README shows.
expect_in_readme() {
  if ! python3 -c 'import sys; sys.exit(open(sys.argv[2]).read().strip() not in open(sys.argv[1]).read())' \
    "$dist/$1/README.md" "$2"; then
    echo "dist/$1/README.md does not show $2 as it is" >&2
    exit 1
  fi
}
