#!/usr/bin/env bash
# Real servers for the tests, as temporary instances on loopback: PostgreSQL, MariaDB, Redis, RabbitMQ, Zipkin, Prometheus; with `install all` Kafka
# and MongoDB's protocol as well, which take minutes. `install`, `start` what is installed, `stop` or `env`.
set -euo pipefail
cd "$(dirname "$0")/.."
home=${UPTRACE_TEST_SERVICES:-$PWD/.cache/services}
mkdir -p "$home"
home=$(cd "$home" && pwd -P)
user=nobody
# each checkout has ports of its own, so that several can run side by side
checkout=$(printf %s "$home" | cksum | cut -d' ' -f1)
# every folder above must let the unprivileged user pass: where it does not, a folder elsewhere is used
if [ "$(id -u)" = 0 ] && ! runuser -u "$user" -- test -x "$home"; then
  home=/tmp/uptrace-node-services-$checkout
  mkdir -p "$home"
fi
records=$home/records
base=$(cat "$records/base" 2>/dev/null || echo $((20000 + checkout % 1000 * 10)))

set_ports() { postgres_port=$base mariadb_port=$((base + 1)) redis_port=$((base + 2)) rabbitmq_port=$((base + 3)) dist_port=$((base + 4)) epmd_port=$((base + 5)) zipkin_port=$((base + 8)) prometheus_port=$((base + 9)) && set_fleet_ports; }
. scripts/fleet-services.sh
set_ports
ZIPKIN_VERSION=3.5.1
zipkin_jar=$home/zipkin-$ZIPKIN_VERSION.jar
prometheus=$home/prometheus-package/usr/bin/prometheus

run() { if [ "$(id -u)" = 0 ]; then runuser -u "$user" -- env HOME="$home" "$@"; else "$@"; fi; }

# run_noted <pid file> <command…>: for a server that writes none itself
run_noted() { run sh -c 'echo $$ >"$0" && exec "$@"' "$@"; }

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# a process id alone says nothing: another process may have it by now
start_time() {
  if [ ! -d /proc/self ]; then
    ps -o lstart= -p "$1" 2>/dev/null
    return
  fi
  local fields
  fields=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 0
  # one that has ended, and whose parent has not looked yet, is none
  [ "${fields%% *}" = Z ] || echo "$fields" | cut -d' ' -f20
}

# record <name> <pid>: what `stop` may end
record() { echo "$2 $(start_time "$2")" >"$records/$1"; }

# is_ours <name>: whether the server that was started from here still runs
is_ours() {
  local pid started
  read -r pid started 2>/dev/null <"$records/$1" || return 1
  [ -n "$started" ] && [ "$(start_time "$pid")" = "$started" ]
}

# await <name> <port> <pid file>: waits until it listens, and records it
await() {
  local pid
  for _ in $(seq 600); do
    pid=$(head -n1 "$3" 2>/dev/null | tr -d '[:space:]') || true
    if [ -n "$pid" ] && listens "$2"; then record "$1" "$pid" && return 0; fi
    sleep 0.1
  done
  echo "$1 does not listen on port $2; its log: $home/$1.log" >&2
  return 1
}

install_packages() {
  local missing=()
  for package in postgresql mariadb-server redis-server rabbitmq-server; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" != 0 ]; then
    echo "missing: ${missing[*]}; root installs them: sudo scripts/services.sh install" >&2
    return 1
  fi
  # the packages would start their servers on the standard ports
  local policy=/usr/sbin/policy-rc.d
  if [ -e $policy ]; then policy=; fi
  if [ -n "$policy" ]; then printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy; fi
  local status=0
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; } || status=$?
  if [ -n "$policy" ]; then rm -f $policy; fi
  return $status
}

install_java() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! { command -v java && command -v mvn; } >/dev/null; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends default-jre-headless maven >/dev/null; } || true
  fi
}

# Zipkin comes as a jar; without Java its tests are left out
install_zipkin() {
  [ -f "$zipkin_jar" ] && return 0
  install_java
  if ! { command -v java && command -v mvn; } >/dev/null; then
    echo "Zipkin is left out: it needs Java and Maven"
    return 0
  fi
  local kept=$HOME/.m2/repository/io/zipkin/zipkin-server/$ZIPKIN_VERSION/zipkin-server-$ZIPKIN_VERSION-exec.jar
  [ -f "$kept" ] || mvn -q -B dependency:get -Dartifact="io.zipkin:zipkin-server:$ZIPKIN_VERSION:jar:exec" -Dtransitive=false -Dmaven.repo.local="$HOME/.m2/repository" || true
  if [ ! -f "$kept" ]; then
    echo "Zipkin is left out: Maven does not get it"
    return 0
  fi
  ln -f "$kept" "$zipkin_jar" 2>/dev/null || cp "$kept" "$zipkin_jar"
}

# the package of Debian, unpacked: it would start a service on the standard port
install_prometheus() {
  [ -x "$prometheus" ] && return 0
  if ! { command -v apt-get && command -v dpkg-deb; } >/dev/null; then
    echo "Prometheus is left out: it comes from a package of Debian"
    return 0
  fi
  local folder=$home/prometheus-download
  mkdir -p "$folder"
  (cd "$folder" && { apt-get download -qq prometheus || { apt-get update -qq && apt-get download -qq prometheus; }; }) 2>"$home/prometheus-download.log" || true
  dpkg-deb -x "$folder"/prometheus_*.deb "$home/prometheus-package" || echo "Prometheus is left out: its package can't be had"
  rm -rf "$folder"
}

# it scrapes what the files in the folder of targets name
start_prometheus() {
  mkdir -p "$home/prometheus-targets" "$home/prometheus-data"
  [ "$(id -u)" = 0 ] && chown "$user" "$home/prometheus-data"
  cat >"$home/prometheus.yml" <<END
global: { scrape_interval: 500ms, scrape_timeout: 500ms }
scrape_configs:
  - job_name: tests
    file_sd_configs: [{ files: ['$home/prometheus-targets/*.json'], refresh_interval: 1s }]
END
  run_noted "$home/prometheus.pid" "$prometheus" --enable-feature=exemplar-storage --config.file="$home/prometheus.yml" --storage.tsdb.path="$home/prometheus-data" --web.listen-address=127.0.0.1:$prometheus_port >"$home/prometheus.log" 2>&1 &
}

start_zipkin() {
  # one compiler and no server of parallel collections: it is up in half the CPU
  run_noted "$home/zipkin.pid" env QUERY_PORT=$zipkin_port java -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar "$zipkin_jar" >"$home/zipkin.log" 2>&1 &
}

# where another program has one of the ports, the next ones are tried
choose_ports() {
  for name in postgres mariadb redis rabbitmq zipkin prometheus kafka mongodb; do is_ours $name && return 0; done
  for _ in $(seq 100); do
    local taken=
    for offset in 0 1 2 3 4 5 6 7 8 9 -10000; do listens $((base + offset)) && taken=1; done
    [ -z "$taken" ] && break
    base=$((20000 + (base - 20000 + 10) % 10000))
  done
  set_ports
  echo "$base" >"$records/base"
}

start_all() {
  mkdir -p "$records"
  choose_ports
  [ "$(id -u)" = 0 ] && chown "$user" "$home"
  local pg
  pg=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
  if ! is_ours postgres; then
    [ -d "$home/postgres" ] || run "$pg/initdb" -D "$home/postgres" -U test --auth=trust >"$home/initdb.log" 2>&1
    run "$pg/pg_ctl" -D "$home/postgres" -o "-p $postgres_port -h 127.0.0.1 -k $home" -l "$home/postgres.log" -w start >/dev/null
  fi
  if ! is_ours mariadb; then
    [ -d "$home/mariadb" ] || run mariadb-install-db --no-defaults --datadir="$home/mariadb" --auth-root-authentication-method=normal >"$home/mariadb-install.log" 2>&1
    run mariadbd --no-defaults --datadir="$home/mariadb" --port=$mariadb_port --bind-address=127.0.0.1 --socket="$home/mariadb.sock" --pid-file="$home/mariadb.pid" >"$home/mariadb.log" 2>&1 &
  fi
  if ! is_ours redis; then
    run redis-server --port $redis_port --bind 127.0.0.1 --save '' --appendonly no --dir "$home" --pidfile "$home/redis.pid" --daemonize no >"$home/redis.log" 2>&1 &
  fi
  if ! is_ours rabbitmq; then
    run env RABBITMQ_NODENAME="uptrace-$checkout@localhost" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$rabbitmq_port RABBITMQ_DIST_PORT=$dist_port \
      RABBITMQ_MNESIA_BASE="$home/rabbitmq" RABBITMQ_LOG_BASE="$home/rabbitmq-log" RABBITMQ_ENABLED_PLUGINS_FILE="$home/rabbitmq-plugins" \
      RABBITMQ_PID_FILE="$home/rabbitmq.pid" ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$epmd_port /usr/lib/rabbitmq/bin/rabbitmq-server >"$home/rabbitmq.log" 2>&1 &
  fi
  if [ -f "$zipkin_jar" ] && ! is_ours zipkin; then start_zipkin; fi
  if [ -x "$prometheus" ] && ! is_ours prometheus; then start_prometheus; fi
  await postgres $postgres_port "$home/postgres/postmaster.pid"
  start_fleet_services
  await redis $redis_port "$home/redis.pid"
  await mariadb $mariadb_port "$home/mariadb.pid"
  await rabbitmq $rabbitmq_port "$home/rabbitmq.pid"
  if [ -f "$zipkin_jar" ]; then await zipkin $zipkin_port "$home/zipkin.pid" || echo "Zipkin is left out: it does not start"; fi
  if [ -x "$prometheus" ]; then await prometheus $prometheus_port "$home/prometheus.pid" || echo "Prometheus is left out: it does not start"; fi
  mariadb --no-defaults -h 127.0.0.1 -P $mariadb_port -u root -e 'CREATE DATABASE IF NOT EXISTS test'
}

# stop_one <name> <signal>
stop_one() {
  is_ours "$1" || { rm -f "$records/$1"; return 0; }
  local pid
  read -r pid _ <"$records/$1"
  kill -s "$2" "$pid" 2>/dev/null || true
  for _ in $(seq 150); do is_ours "$1" || break; sleep 0.1; done
  if is_ours "$1"; then kill -s KILL "$pid" 2>/dev/null || true; fi
  rm -f "$records/$1" "$home/$1.pid"
}

stop_all() {
  stop_one mongodb TERM
  stop_one kafka TERM
  local had_rabbitmq=
  is_ours rabbitmq && had_rabbitmq=1
  stop_one postgres INT
  stop_one mariadb TERM
  stop_one redis TERM
  stop_one rabbitmq TERM
  stop_one zipkin TERM
  stop_one prometheus TERM
  # the port mapper that RabbitMQ has started, on a port of ours
  if [ -n "$had_rabbitmq" ]; then ERL_EPMD_PORT=$epmd_port epmd -kill >/dev/null 2>&1 || true; fi
}

case "${1:-}" in
  install)
    install_packages
    install_zipkin
    install_prometheus
    if [ "${2:-}" = all ]; then install_kafka && install_ferretdb; fi
    ;;
  start) start_all ;;
  stop) stop_all ;;
  env)
    echo "export UPTRACE_TEST_POSTGRES_URL=postgres://test@127.0.0.1:$postgres_port/postgres"
    echo "export UPTRACE_TEST_MYSQL_URL=mysql://root@127.0.0.1:$mariadb_port/test"
    echo "export UPTRACE_TEST_REDIS_URL=redis://127.0.0.1:$redis_port"
    echo "export UPTRACE_TEST_AMQP_URL=amqp://guest:guest@127.0.0.1:$rabbitmq_port"
    # what the examples read
    echo "export PGHOST=127.0.0.1 PGPORT=$postgres_port PGUSER=test PGDATABASE=postgres"
    echo "export REDIS_URL=redis://127.0.0.1:$redis_port"
    if is_ours zipkin; then echo "export UPTRACE_TEST_ZIPKIN_URL=http://127.0.0.1:$zipkin_port"; fi
    if is_ours prometheus; then
      echo "export UPTRACE_TEST_PROMETHEUS_URL=http://127.0.0.1:$prometheus_port"
      echo "export UPTRACE_TEST_PROMETHEUS_TARGETS=$home/prometheus-targets"
    fi
    print_fleet_env
    ;;
  *)
    echo "usage: scripts/services.sh install [all]|start|stop|env" >&2
    exit 2
    ;;
esac
