/** Load balancers that are there already, as the `router` of a service. */
import { z } from 'zod';
import { duration } from '../durations.ts';
import { anyText, hostToLogInTo, text, textLike } from './values.ts';

const argv = z.array(anyText.min(1)).min(1);

const drainTimeout = duration('1ms').prefault('30s').meta({
  description: 'How long a drained instance has to finish its requests.',
});

const url = textLike(/^https?:\/\/[^\s]+$/, 'a URL such as https://api.example.com/')
  .exactOptional()
  .meta({
    description:
      'Where people reach the service. Without it: the first of `hosts`, or localhost, and `port`.',
    example: 'https://api.example.com/',
  });

/** A unix socket, or a host and port. */
const endpoint = textLike(
  /^(?:\/[^\0]+|\[[0-9A-Fa-f:]+\]:\d{1,5}|[A-Za-z0-9._-]+:\d{1,5})$/,
  'a path or host:port',
);

const on = hostToLogInTo.exactOptional().meta({
  description:
    'The host of the load balancer, as `ssh` would be given it; files, programs and sockets are then those there. ' +
    'Without it: this machine.',
  example: 'lb1',
});

export const haproxy = z
  .strictObject({
    type: z.literal('haproxy'),
    on,
    socket: endpoint.default('/run/haproxy/admin.sock').meta({
      description: 'Its runtime socket, with `level admin`: a path, or `host:port`.',
    }),
    file: text.default('/etc/haproxy/haproxy.cfg').meta({
      description: 'Its config, with the marks of Sluice in the backend of the service.',
    }),
    before: z
      .array(text)
      .default([])
      .meta({
        description: 'Other files that it is started with before `file`, in their order.',
        example: ['/etc/haproxy/globals.cfg'],
      }),
    program: text.default('haproxy').meta({ description: 'The program that checks the file.' }),
    backend: textLike(/^[A-Za-z0-9_.:-]+$/, 'the name of a backend in HAProxy')
      .exactOptional()
      .meta({
        description: 'The backend of the service. Without it: the name of the service.',
        example: 'be_api',
      }),
    serverOptions: z
      .array(textLike(/^[A-Za-z0-9_.:,()/=@*+-]+$/, 'one word of a server line of HAProxy'))
      .default(['inter', '1s', 'fall', '3', 'rise', '1'])
      .meta({ description: 'Words on each server line, each by itself.' }),
    healthyTimeout: duration('1ms').prefault('30s').meta({
      description: "How long an instance may take until HAProxy's own check of it passes.",
    }),
    drainTimeout,
    url,
  })
  .transform(({ healthyTimeout, drainTimeout, ...rest }) => ({
    ...rest,
    healthyTimeoutMs: healthyTimeout,
    drainTimeoutMs: drainTimeout,
  }))
  .meta({ title: 'Haproxy', description: 'A HAProxy that is there already, steered while it runs.' });

export const nginx = z
  .strictObject({
    type: z.literal('nginx'),
    on,
    folder: textLike(/^\/[^\p{Cc}]*$/u, 'an absolute path')
      .default('/etc/nginx/conf.d')
      .meta({
        description: 'Where Sluice writes `sluice-<upstream>.conf`: a folder that nginx includes in `http`.',
      }),
    upstream: textLike(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/, 'the name of an upstream')
      .exactOptional()
      .meta({
        description: 'The upstream of the service. Without it: the name of the service.',
        example: 'api_servers',
      }),
    nginx: argv.default(['nginx']).meta({
      description: 'The program, and the arguments that it always gets.',
      example: ['sudo', '-n', 'nginx'],
    }),
    reload: argv.exactOptional().meta({
      description: 'Makes nginx read its config anew. Without it: `nginx`, with `-s reload`.',
      example: ['systemctl', 'reload', 'nginx'],
    }),
    pidFile: text.default('/run/nginx.pid').meta({ description: 'Where the process id of nginx is.' }),
    serverOptions: z
      .array(
        textLike(
          /^(?!down|backup|weight)[a-z_]+(?:=[A-Za-z0-9._-]+)?$/,
          "one word of a server line of nginx that is not Sluice's own",
        ),
      )
      .default([])
      .meta({
        description: 'Words on each `server` line.',
        example: ['max_fails=3', 'fail_timeout=5s'],
      }),
    drainTimeout,
    url,
  })
  .transform(({ drainTimeout, ...rest }) => ({ ...rest, drainTimeoutMs: drainTimeout }))
  .meta({
    title: 'Nginx',
    description:
      'An nginx that is there already, steered by a file of its config and a reload for each change.',
  });

export const caddy = z
  .strictObject({
    type: z.literal('caddy'),
    on,
    admin: endpoint.default('127.0.0.1:2019').meta({
      description: 'Its admin API: `host:port`, or the path of a unix socket.',
    }),
    host: textLike(/^[A-Za-z0-9._:[\]-]+$/, 'a host')
      .exactOptional()
      .meta({
        description: 'As what it is asked. Without it: `admin`, and `localhost` for a unix socket.',
        example: 'localhost:2019',
      }),
    id: textLike(/^[A-Za-z0-9._-]+$/, 'the id of a route')
      .exactOptional()
      .meta({
        description: 'The `"@id"` of the route in its config. Without it: the name of the service.',
        example: 'api-route',
      }),
    drainTimeout,
    url,
  })
  .transform(({ drainTimeout, ...rest }) => ({ ...rest, drainTimeoutMs: drainTimeout }))
  .meta({ title: 'Caddy', description: 'A Caddy that is there already, steered by its admin API.' });
