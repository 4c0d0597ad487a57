import { BadRequestException, Body, Controller, Get, Post } from '@nestjs/common'
import { Jwt, Public, Roles, Scopes, type Token } from './jwt.decorators.ts'
import { type Order, Orders } from './orders.service.ts'

@Controller()
export class OrdersController {
  constructor(private readonly orders: Orders) {}

  @Get('orders')
  @Scopes(['orders:read'])
  list(@Jwt() { claims }: Token): readonly Order[] {
    return this.orders.of(claims.sub)
  }

  @Post('orders')
  @Scopes(['orders:write'])
  add(@Jwt() { claims }: Token, @Body() body: { readonly item?: unknown } | undefined): Order {
    const item = body?.item
    if (typeof item !== 'string' || item === '') throw new BadRequestException('the body is not { "item": "…" }')
    return this.orders.add(claims.sub, item)
  }

  @Get('admin')
  @Roles(['admin'])
  everything(@Jwt() { claims }: Token): object {
    return { admin: claims.sub, client: claims.client_id, customers: this.orders.owners() }
  }

  @Get('whoami')
  whoAmI(@Jwt() { claims, header }: Token): object {
    return { sub: claims.sub, alg: header.alg }
  }

  @Get('health')
  @Public()
  health(): object {
    return { ok: true }
  }
}
