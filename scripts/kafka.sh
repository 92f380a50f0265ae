#!/usr/bin/env bash
# `kafka.sh <folder of jars> <folder of data> <port> <port of the controller>`: one broker of Kafka in KRaft mode on loopback, in the foreground.
set -euo pipefail
jars=$1 data=$2 port=$3 controller=$4
java="java -Xmx512m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp"
mkdir -p "$data"
cat >"$data/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$data/log
num.partitions=3
offsets.topic.num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
END
[ -f "$data/log/meta.properties" ] || $java "$jars/*" kafka.tools.StorageTool format --cluster-id MkU3OEVBNTcwNTJENDM2Qg --config "$data/server.properties"
exec $java "$jars/*" kafka.Kafka "$data/server.properties"
