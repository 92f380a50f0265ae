/** Written by scripts/generate-catalogue.ts from auto-instrumentations-node: do not edit. */

/** Module -> the files of it, besides its entry, that are patched. */
export const FILES: Readonly<Record<string, readonly string[]>> = {
  '@aws-sdk/middleware-stack': ['dist-cjs/MiddlewareStack.js', 'dist/cjs/MiddlewareStack.js'],
  '@cucumber/cucumber': ['lib/runtime/test_case_runner.js'],
  '@nestjs/core': ['nest-factory.js', 'router/router-execution-context.js'],
  '@node-redis/client': [
    'dist/lib/client/index.js',
    'dist/lib/client/multi-command.js',
    'dist/lib/cluster/index.js',
    'dist/lib/cluster/multi-command.js',
    'dist/lib/commander.js',
  ],
  '@redis/client': [
    'dist/lib/client/index.js',
    'dist/lib/client/multi-command.js',
    'dist/lib/cluster/index.js',
    'dist/lib/cluster/multi-command.js',
    'dist/lib/commander.js',
  ],
  '@smithy/core': ['dist-cjs/submodules/client/index.js'],
  amqplib: ['lib/callback_model.js', 'lib/channel_model.js', 'lib/connect.js'],
  'cassandra-driver': ['lib/request-execution.js'],
  graphql: ['execution/execute.js', 'language/parser.js', 'validation/validate.js'],
  kafkajs: ['src/consumer/index.js', 'src/producer/index.js'],
  knex: ['lib/client.js', 'lib/execution/runner.js', 'lib/runner.js', 'src/client.js', 'src/runner.js'],
  mongodb: [
    'lib/cmap/connect.js',
    'lib/cmap/connection.js',
    'lib/cmap/connection_pool.js',
    'lib/core/wireprotocol/index.js',
    'lib/sessions.js',
  ],
  mysql2: ['lib/connection.js', 'promise.js'],
  pg: ['lib/client.js', 'lib/native/client.js'],
  restify: ['lib/server.js'],
  router: ['lib/layer.js'],
  'socket.io': [
    'dist/broadcast-operator.js',
    'dist/namespace.js',
    'dist/socket.js',
    'lib/namespace.js',
    'lib/socket.js',
  ],
  winston: ['lib/winston/logger.js'],
}
