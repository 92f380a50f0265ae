#!/usr/bin/env bash
# Real servers for the tests, as temporary instances on loopback: PostgreSQL, MariaDB, Redis, RabbitMQ. `install`, `start`, `stop` or `env`.
set -euo pipefail
cd "$(dirname "$0")/.."
home=$PWD/.cache/services
postgres_port=25432 mariadb_port=23306 redis_port=26379 rabbitmq_port=25673
user=nobody

run() { if [ "$(id -u)" = 0 ]; then runuser -u "$user" -- env HOME="$home" "$@"; else "$@"; fi; }

wait_for() { # wait_for <port> <name>
  for _ in $(seq 300); do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0; sleep 0.1; done
  echo "$2 does not listen on port $1; its log: $home/$2.log" >&2
  return 1
}

install_packages() {
  local missing=()
  for package in postgresql mariadb-server redis-server rabbitmq-server; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && return 0
  # the packages would start their servers on the standard ports
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  rm -f /usr/sbin/policy-rc.d
}

start_all() {
  mkdir -p "$home"
  # every folder above must let the unprivileged user pass: where it does not, a copy of this folder elsewhere is used
  if [ "$(id -u)" = 0 ] && ! runuser -u "$user" -- test -x "$home"; then
    home=/tmp/uptrace-node-services
    mkdir -p "$home"
  fi
  [ "$(id -u)" = 0 ] && chown "$user" "$home"
  local pg
  pg=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
  if ! (exec 3<>"/dev/tcp/127.0.0.1/$postgres_port") 2>/dev/null; then
    [ -d "$home/postgres" ] || run "$pg/initdb" -D "$home/postgres" -U test --auth=trust >"$home/initdb.log" 2>&1
    run "$pg/pg_ctl" -D "$home/postgres" -o "-p $postgres_port -h 127.0.0.1 -k $home" -l "$home/postgresql.log" -w start >/dev/null
  fi
  if ! (exec 3<>"/dev/tcp/127.0.0.1/$mariadb_port") 2>/dev/null; then
    [ -d "$home/mariadb" ] || run mariadb-install-db --no-defaults --datadir="$home/mariadb" --auth-root-authentication-method=normal >"$home/mariadb-install.log" 2>&1
    run mariadbd --no-defaults --datadir="$home/mariadb" --port=$mariadb_port --bind-address=127.0.0.1 --socket="$home/mariadb.sock" --pid-file="$home/mariadb.pid" >"$home/mariadb.log" 2>&1 &
  fi
  if ! (exec 3<>"/dev/tcp/127.0.0.1/$redis_port") 2>/dev/null; then
    run redis-server --port $redis_port --bind 127.0.0.1 --save '' --appendonly no --dir "$home" >"$home/redis.log" 2>&1 &
  fi
  if ! (exec 3<>"/dev/tcp/127.0.0.1/$rabbitmq_port") 2>/dev/null; then
    run env RABBITMQ_NODENAME=uptrace-test@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$rabbitmq_port RABBITMQ_DIST_PORT=25674 \
      RABBITMQ_MNESIA_BASE="$home/rabbitmq" RABBITMQ_LOG_BASE="$home/rabbitmq-log" RABBITMQ_ENABLED_PLUGINS_FILE="$home/rabbitmq-plugins" \
      ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=25675 /usr/lib/rabbitmq/bin/rabbitmq-server >"$home/rabbitmq.log" 2>&1 &
  fi
  wait_for $postgres_port postgresql
  wait_for $redis_port redis
  wait_for $mariadb_port mariadb
  wait_for $rabbitmq_port rabbitmq
  mariadb --no-defaults -h 127.0.0.1 -P $mariadb_port -u root -e 'CREATE DATABASE IF NOT EXISTS test'
}

stop_all() {
  for folder in "$home" /tmp/uptrace-node-services; do pkill -f "$folder" 2>/dev/null || true; done
  pkill -f "redis-server 127.0.0.1:$redis_port" 2>/dev/null || true
}

case "${1:-}" in
  install) install_packages ;;
  start) start_all ;;
  stop) stop_all ;;
  env)
    echo "export UPTRACE_TEST_POSTGRES_URL=postgres://test@127.0.0.1:$postgres_port/postgres"
    echo "export UPTRACE_TEST_MYSQL_URL=mysql://root@127.0.0.1:$mariadb_port/test"
    echo "export UPTRACE_TEST_REDIS_URL=redis://127.0.0.1:$redis_port"
    echo "export UPTRACE_TEST_AMQP_URL=amqp://guest:guest@127.0.0.1:$rabbitmq_port"
    ;;
  *)
    echo "usage: scripts/services.sh install|start|stop|env" >&2
    exit 2
    ;;
esac
