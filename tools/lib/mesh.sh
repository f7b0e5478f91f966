# shellcheck shell=bash
# shellcheck disable=SC2034
# What tools/up, tools/down and tools/supervise agree on: folders, ports, and whose a process is. Sourced, never run.

project_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
ORDERMESH_DATA=$(realpath -m "${ORDERMESH_DATA:-$project_root/.ordermesh}")
export ORDERMESH_DATA
export ORDERMESH_HTTP_PORT=${ORDERMESH_HTTP_PORT:-8080}
# Partners' gRPC; REST and the dashboard are on ORDERMESH_HTTP_PORT.
export ORDERMESH_GRPC_PORT=${ORDERMESH_GRPC_PORT:-$((ORDERMESH_HTTP_PORT + 1))}
# Which build is started: tests of another preset name theirs.
build_dir=$(realpath -m "${ORDERMESH_BUILD:-$project_root/build}")
run_dir=$ORDERMESH_DATA/run
log_dir=$ORDERMESH_DATA/log

tls_dir=$ORDERMESH_DATA/tls
secrets_dir=$ORDERMESH_DATA/secrets
# What a fresh mesh starts from: one folder a partner.
seed_dir=${ORDERMESH_CONFIG:-$project_root/config/partners}

# In the order of starting: whoever is called comes before its caller (partners and validation call each other).
services=(order-store error-store partners validation feed gateway)

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "$(basename "$0"): $*"
  exit 1
}

# grpc_port NAME: the port of a service's API (the gateway's: for operators); its health port is 10 higher and its metrics
# port 20 higher.
grpc_port() {
  case $1 in
    feed) echo $((ORDERMESH_HTTP_PORT + 10)) ;;
    validation) echo $((ORDERMESH_HTTP_PORT + 11)) ;;
    order-store) echo $((ORDERMESH_HTTP_PORT + 12)) ;;
    error-store) echo $((ORDERMESH_HTTP_PORT + 13)) ;;
    partners) echo $((ORDERMESH_HTTP_PORT + 14)) ;;
    gateway) echo $((ORDERMESH_HTTP_PORT + 15)) ;;
    *) fail "no service is called $1" ;;
  esac
}

supervisor_pid_file() { echo "$run_dir/supervise/ordermesh-$1.pid"; }
service_pid_file() { echo "$run_dir/ordermesh-$1.pid"; }

# read_pid FILE: its number, or nothing where there is none.
read_pid() {
  local pid=
  if [[ -r $1 ]]; then read -r pid <"$1" || true; fi
  if [[ $pid =~ ^[1-9][0-9]*$ ]]; then echo "$pid"; fi
}

# holds_argument PID ARGUMENT: whether the living process PID was started with exactly this argument. A pid may have been
# given to a stranger since it was written down; a stranger does not have our pid file in its command line.
holds_argument() {
  [[ -r /proc/$1/cmdline ]] && tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline" | grep -qxF -e "$2"
}

# running_supervisor NAME, running_service NAME: the pid, or nothing where none of ours lives.
running_supervisor() { running "$(supervisor_pid_file "$1")" "$(service_pid_file "$1")"; }
running_service() { running "$(service_pid_file "$1")" "$(service_pid_file "$1")"; }
running() {
  local pid
  pid=$(read_pid "$1")
  if [[ -n $pid ]] && holds_argument "$pid" "$2"; then echo "$pid"; fi
}

# write_file FILE: stdin becomes the file, whole or not at all.
write_file() { cat >"$1.new.$$" && mv -f "$1.new.$$" "$1"; }
