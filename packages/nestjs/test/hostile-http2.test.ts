import { FastifyAdapter } from '@nestjs/platform-fastify';
import { defineHostileSuite } from '@showpad-webhooks/hostile';
import { type Adapter, serverOn } from './server.ts';

// Express cannot serve HTTP/2.
const createAdapter = () => new FastifyAdapter({ http2: true }) as unknown as Adapter;

defineHostileSuite('nestjs on fastify', serverOn(createAdapter), { protocol: 'HTTP/2' });
