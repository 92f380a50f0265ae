// A NestJS app, imports first. Plain JavaScript has no decorators yet: they are functions, so they are called by hand.

import 'reflect-metadata'
import { Controller, Get, Injectable, Module, Param } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { trace } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'nestjs-example' })

class PostsService {
  find(id) {
    return { id, title: `post ${id}` }
  }
}
Injectable()(PostsService)

class PostsController {
  constructor(posts) {
    this.posts = posts
  }

  find(id) {
    console.log(traceUrl(trace.getActiveSpan()))
    return this.posts.find(id)
  }

  comments() {
    console.log(traceUrl(trace.getActiveSpan()))
    throw new Error('this route always fails')
  }
}
// what a compiler makes of @Controller('posts') class { constructor(posts: PostsService) {}; @Get(':id') find(@Param('id') id) {} }
const { prototype } = PostsController
Controller('posts')(PostsController)
Reflect.defineMetadata('design:paramtypes', [PostsService], PostsController)
Get(':id')(prototype, 'find', Object.getOwnPropertyDescriptor(prototype, 'find'))
Param('id')(prototype, 'find', 0)
Get(':id/comments')(prototype, 'comments', Object.getOwnPropertyDescriptor(prototype, 'comments'))

class AppModule {}
Module({ controllers: [PostsController], providers: [PostsService] })(AppModule)

const app = await NestFactory.create(AppModule, { logger: false })
await app.listen(Number(process.env.PORT ?? 0))
const url = `http://localhost:${app.getHttpServer().address().port}`
if (process.env.PORT) {
  console.log(`${url}/posts/1`)
} else {
  await (await fetch(`${url}/posts/1`)).text()
  await (await fetch(`${url}/posts/1/comments`)).text()
  await app.close()
  await shutdown()
}
