/** What divides the requests of a service: the embedded router, or a load balancer that is there already. */
import { z } from 'zod';
import { duration } from '../durations.ts';
import { caddy, haproxy, nginx } from './load-balancers.ts';
import { text, textLike } from './values.ts';

/** A name as HTTP allows it, or `false` to do without. */
const nameOrNone = z.union([
  textLike(/^[\w!#$%&'*+.^`|~-]+$/, 'a name without spaces, or false'),
  z.literal(false),
]);

const embedded = z
  .strictObject({
    type: z
      .literal('embedded')
      .default('embedded')
      .meta({ description: 'Which router: this is the one of Sluice.' }),
    bindHost: text.default('127.0.0.1').meta({
      description: 'Address to listen on: `0.0.0.0` for everybody who can reach this machine.',
      example: '0.0.0.0',
    }),
    stickyCookie: nameOrNone.default(false).meta({
      description:
        'Name of a cookie that keeps a person on one release while two share the traffic; `false`: none.',
      example: 'release',
    }),
    releaseHeader: nameOrNone.default('x-sluice-release').meta({
      description:
        'Request header by which a tester picks a release, also before it has traffic; `false`: none.',
    }),
    trustForwarded: z.boolean().default(false).meta({
      description: 'Keep the `X-Forwarded-*` headers that come in. Only behind a proxy that sets them.',
    }),
    drainTimeout: duration('1ms').prefault('30s').meta({
      description: 'How long a drained instance has to finish its requests; the rest is cut off.',
    }),
    connectTimeout: duration('1ms')
      .prefault('2s')
      .meta({ description: 'How long connecting to an instance may take.' }),
    responseTimeout: duration('1ms')
      .prefault('1m')
      .meta({ description: 'How long an instance has to begin its response.' }),
    idleTimeout: duration('1ms').prefault('5m').meta({
      description: 'How long a body or a WebSocket may stand still.',
    }),
    requestTimeout: duration('1ms').prefault('30s').meta({
      description: 'How long a client has to send the head of its request.',
    }),
    queueTimeout: duration('1ms').prefault('10s').meta({
      description: 'How long a request waits for an instance that has room.',
    }),
    maxQueue: z.int().min(0).max(1_000_000).default(1_000).meta({
      description: 'Requests that may wait; the next is refused with 503.',
    }),
    maxInFlightPerInstance: z.int().min(1).max(1_000_000).default(1_000).meta({
      description: 'Requests that one instance has at a time.',
    }),
    maxConnections: z.int().min(1).max(1_000_000).default(10_000).meta({
      description: 'Connections that clients have at a time; one more is closed at once.',
    }),
    maxHeaderBytes: z.int().min(1_024).max(1_048_576).default(16_384).meta({
      description: 'Largest head of a request, in bytes.',
    }),
  })
  .transform(
    ({
      drainTimeout,
      connectTimeout,
      responseTimeout,
      idleTimeout,
      requestTimeout,
      queueTimeout,
      maxInFlightPerInstance,
      ...rest
    }) => ({
      ...rest,
      drainTimeoutMs: drainTimeout,
      connectTimeoutMs: connectTimeout,
      responseTimeoutMs: responseTimeout,
      idleTimeoutMs: idleTimeout,
      requestTimeoutMs: requestTimeout,
      queueTimeoutMs: queueTimeout,
      maxInFlightPerBackend: maxInFlightPerInstance,
    }),
  )
  .meta({ title: 'Embedded', description: 'The embedded router, which stands before the instances.' });

export const router = z.discriminatedUnion('type', [embedded, haproxy, nginx, caddy]);

export type RouterConfig = z.output<typeof router>;
export type EmbeddedRouterConfig = Extract<RouterConfig, { type: 'embedded' }>;
export type LoadBalancerConfig = Exclude<RouterConfig, { type: 'embedded' }>;
