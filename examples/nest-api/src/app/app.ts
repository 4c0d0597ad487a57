import 'reflect-metadata'
import { type DynamicModule, Module } from '@nestjs/common'
import { APP_GUARD, NestFactory } from '@nestjs/core'
import { createGuard } from 'countersign/guard/node'
import type { Api, Parts } from './api.ts'
import { GUARD, JwtGuard } from './jwt.guard.ts'
import { OrdersController } from './orders.controller.ts'
import { Orders } from './orders.service.ts'

@Module({})
class AppModule {
  static with({ verifier }: Parts): DynamicModule {
    return {
      module: AppModule,
      controllers: [OrdersController],
      providers: [
        Orders,
        { provide: GUARD, useValue: createGuard({ verifier, realm: 'orders' }) },
        // Before every route of the program: one that nobody has thought of needs a token.
        { provide: APP_GUARD, useClass: JwtGuard },
      ],
    }
  }
}

export const createApp: Api['createApp'] = (parts) =>
  NestFactory.create(AppModule.with(parts), { logger: ['error', 'warn'], abortOnError: false })
