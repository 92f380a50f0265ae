# Kafka and MongoDB's protocol, which `scripts/services.sh install all` adds: sourced by it. What can't be had is left out in one line.
KAFKA_VERSION=3.9.1
FERRETDB_VERSION=v1.24.2
# the block of ten ports is full: the controller of Kafka has its port below it
kafka_jars=$home/kafka-$KAFKA_VERSION
ferretdb=$home/ferretdb-$FERRETDB_VERSION
set_fleet_ports() { kafka_port=$((base + 6)) kafka_controller_port=$((base - 10000)) mongodb_port=$((base + 7)); }

# Kafka of Maven: the server and its runtime dependencies, without the distribution round them
install_kafka() {
  [ -d "$kafka_jars" ] && return 0
  install_java
  if ! { command -v java && command -v mvn; } >/dev/null; then
    echo "Kafka is left out: it needs Java and Maven"
    return 0
  fi
  local folder=$home/kafka-download
  rm -rf "$folder" && mkdir -p "$folder"
  cat >"$folder/pom.xml" <<END
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>uptrace-node</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$KAFKA_VERSION</version></dependency></dependencies>
</project>
END
  if (cd "$folder" && mvn -q -B dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$folder/jars" -Dmaven.repo.local="$HOME/.m2/repository") >"$home/kafka-download.log" 2>&1; then
    mv "$folder/jars" "$kafka_jars"
  else
    echo "Kafka is left out: Maven does not get it; its log: $home/kafka-download.log"
  fi
  rm -rf "$folder"
}

# MongoDB's protocol: FerretDB on the PostgreSQL of the tests, built from a copy of its module, into which its version must be written
install_ferretdb() {
  [ -x "$ferretdb" ] && return 0
  if ! command -v go >/dev/null; then
    echo "FerretDB is left out: it is built with Go"
    return 0
  fi
  local folder=$home/ferretdb-build module
  rm -rf "$folder"
  if module=$(cd / && GOFLAGS= go mod download -json "github.com/FerretDB/FerretDB@$FERRETDB_VERSION" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p') && [ -n "$module" ] &&
    cp -r "$module" "$folder" && chmod -R u+w "$folder" && echo "$FERRETDB_VERSION" >"$folder/build/version/version.txt" &&
    (cd "$folder" && CGO_ENABLED=0 go build -buildvcs=false -tags ferretdb_no_sqlite -trimpath -ldflags='-s -w' -o "$ferretdb" ./cmd/ferretdb) >"$home/ferretdb-build.log" 2>&1; then :; else
    echo "FerretDB is left out: it can't be built; its log: $home/ferretdb-build.log"
  fi
  rm -rf "$folder"
}

# a copy of the script: the unprivileged user may not pass the folders of the checkout
start_kafka() {
  mkdir -p "$home/kafka" && cp scripts/kafka.sh "$home/kafka.sh"
  [ "$(id -u)" = 0 ] && chown -R "$user" "$home/kafka"
  run_noted "$home/kafka.pid" bash "$home/kafka.sh" "$kafka_jars" "$home/kafka" $kafka_port $kafka_controller_port >"$home/kafka.log" 2>&1 &
}

# FerretDB wants a database with UTF-8
start_ferretdb() {
  local psql
  psql="$(ls -d /usr/lib/postgresql/*/bin | tail -1)/psql -h 127.0.0.1 -p $postgres_port -U test postgres -qtA"
  [ "$($psql -c "SELECT 1 FROM pg_database WHERE datname = 'ferretdb'")" = 1 ] ||
    $psql -c "CREATE DATABASE ferretdb TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
  mkdir -p "$home/ferretdb-state"
  [ "$(id -u)" = 0 ] && chown "$user" "$home/ferretdb-state"
  run_noted "$home/mongodb.pid" "$ferretdb" --telemetry=disable --debug-addr=- --listen-addr=127.0.0.1:$mongodb_port --state-dir="$home/ferretdb-state" \
    --postgresql-url="postgres://test@127.0.0.1:$postgres_port/ferretdb" >"$home/mongodb.log" 2>&1 &
}

# once PostgreSQL listens
start_fleet_services() {
  if [ -d "$kafka_jars" ] && ! is_ours kafka; then start_kafka; fi
  if [ -x "$ferretdb" ] && ! is_ours mongodb; then start_ferretdb; fi
  if [ -d "$kafka_jars" ]; then await kafka $kafka_port "$home/kafka.pid" || echo "Kafka is left out: it does not start"; fi
  if [ -x "$ferretdb" ]; then await mongodb $mongodb_port "$home/mongodb.pid" || echo "FerretDB is left out: it does not start"; fi
}

print_fleet_env() {
  if [ -d "$kafka_jars" ]; then echo "export UPTRACE_TEST_KAFKA_JARS=$kafka_jars"; fi
  if is_ours kafka; then echo "export UPTRACE_TEST_KAFKA_BROKER=127.0.0.1:$kafka_port"; fi
  if is_ours mongodb; then echo "export UPTRACE_TEST_MONGODB_URL=mongodb://127.0.0.1:$mongodb_port/test"; fi
}
