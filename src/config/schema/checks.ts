/** Health checks: how to tell that an instance, or what it needs, is well. */
import { z } from 'zod';
import { duration } from '../durations.ts';
import { argvOf, command, hostName, portNumber, text, textLike } from './values.ts';

const common = {
  name: textLike(/^[^\p{Cc}\s](?:[^\p{Cc}]{0,98}[^\p{Cc}\s])?$/u, 'a name of 1 to 100 printable characters')
    .exactOptional()
    .meta({
      description: 'What it is called in reports. Without it: what is asked.',
      example: 'database',
    }),
  critical: z.boolean().default(true).meta({
    description: 'Whether its failure makes the service unhealthy (`true`) or only degraded.',
  }),
  timeout: duration('1ms', '1h').prefault('5s').meta({ description: 'The longest that one run may take.' }),
  interval: duration('1ms', '1d').prefault('1s').meta({ description: 'Wait between two runs.' }),
  rise: z.int().min(1).max(1000).default(1).meta({ description: 'Good runs in a row that make it healthy.' }),
  fall: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .meta({ description: 'Bad runs in a row that make it unhealthy.' }),
  startDelay: duration(0, '1d').prefault('0s').meta({
    description: 'How long an instance is left alone after its start.',
  }),
};

/** Times with their unit in the name, as everything behind the config has them. */
function inMs<Given extends { timeout: number; interval: number; startDelay: number }>(given: Given) {
  const { timeout, interval, startDelay, ...rest } = given;
  return { ...rest, timeoutMs: timeout, intervalMs: interval, startDelayMs: startDelay };
}

const status = z.int().min(100).max(599);

const statusRange = textLike(/^[1-5]\d\d-[1-5]\d\d$/, 'a range of statuses such as 200-399')
  .refine((range) => range.slice(0, 3) <= range.slice(4), { error: () => 'has the larger status first' })
  .transform((range) => range as `${number}-${number}`);

const headerName = textLike(/^[\w!#$%&'*+.^`|~-]+$/, 'the name of a header');

const headerValue = textLike(/^[^\p{Cc}]*$/u, 'a text of one line');

const tls = z
  .strictObject({
    rejectUnauthorized: z
      .boolean()
      .default(true)
      .meta({ description: 'Whether the certificate must be good.' }),
    ca: text.exactOptional().meta({
      description: 'Certificate authority to trust instead of the well-known ones, as PEM text.',
      example: '-----BEGIN CERTIFICATE-----…',
    }),
    servername: text.exactOptional().meta({
      description: 'Name that the certificate must be for. Without it: the host that is asked.',
      example: 'api.example.com',
    }),
  })
  .meta({ title: 'Tls', description: 'How an HTTPS server is judged.' });

const http = z
  .strictObject({
    type: z.literal('http'),
    path: textLike(/^\/[^\s\p{Cc}]*$/u, 'a path that begins with /')
      .exactOptional()
      .meta({
        description: 'Path on the instance itself, with its query. Without it, and without `url`: `/`.',
        example: '/healthz',
      }),
    url: textLike(/^https?:\/\/[^\s\p{Cc}]+$/u, 'a URL that begins with http:// or https://')
      .exactOptional()
      .meta({
        description: 'A full URL, the same for every instance; instead of `path`.',
        example: 'https://status.example.com/api',
      }),
    method: textLike(/^(?!CONNECT$)[A-Z]{1,20}$/, 'a method in capitals such as GET')
      .default('GET')
      .meta({
        description: 'Method of the request.',
      }),
    headers: z
      .record(headerName, headerValue)
      .default({})
      .meta({
        description: 'Headers that are sent.',
        example: { host: 'api.example.com' },
      }),
    redirects: z.enum(['refuse', 'follow']).default('refuse').meta({
      description: '`refuse`: a redirect is judged by its status. `follow`: where it leads is judged.',
    }),
    tls: tls.exactOptional().meta({
      description: 'Asks by HTTPS, with `path` too; `{}` when nothing about it is special.',
      example: { rejectUnauthorized: false },
    }),
    expectStatus: z
      .union([status, statusRange, z.array(z.union([status, statusRange])).min(1)])
      .prefault('200-299')
      .meta({ description: 'A status, a range, or a list of both.', example: [200, '300-399'] }),
    expectBody: text
      .exactOptional()
      .meta({ description: 'Text that is in the first 64 KiB of the body.', example: '"status":"ok"' }),
    expectHeaders: z
      .record(headerName, headerValue)
      .default({})
      .meta({
        description: 'Headers that the answer has, with their exact values.',
        example: { 'x-ready': 'yes' },
      }),
    ...common,
  })
  .superRefine(({ path, url }, context) => {
    if (path === undefined || url === undefined) return;
    context.addIssue({
      code: 'custom',
      message: 'leave out `url` or `path`; only one can be asked',
      path: ['url'],
    });
  })
  .transform(({ path, url, ...rest }) => ({
    ...inMs(rest),
    ...(url === undefined ? { path: path ?? '/' } : { url }),
  }))
  .meta({ title: 'HttpCheck', description: 'Asks by HTTP and judges status, headers and body.' });

const tcp = z
  .strictObject({
    type: z.literal('tcp'),
    host: hostName.exactOptional().meta({
      description: 'Host to connect to. Without it: that of the instance.',
      example: 'db.internal',
    }),
    port: portNumber.exactOptional().meta({
      description: 'Port to connect to. Without it: that of the instance.',
      example: 5432,
    }),
    ...common,
  })
  .transform(inMs)
  .meta({ title: 'TcpCheck', description: 'Opens a TCP connection and closes it.' });

const exitCode = z.int().min(0).max(255);

const program = z
  .strictObject({
    type: z.literal('command'),
    command: command.meta({
      description:
        'A line for `sh`, or a program and its arguments. It runs in the folder of the config file and finds ' +
        'what is asked about in `SLUICE_TARGET`, `HOST` and `PORT`.',
      example: ['./check.sh', '--fast'],
    }),
    expectExitCode: z
      .union([exitCode, z.array(exitCode).min(1)])
      .default(0)
      .meta({ description: 'The exit code that means healthy, or a list of them.', example: [0, 3] }),
    expectOutput: text
      .exactOptional()
      .meta({ description: 'Text that is in the first 64 KiB of its output.', example: 'ready' }),
    scope: z.enum(['instance', 'service']).default('instance').meta({
      description: 'Asked of each instance, or once about the service as a whole.',
      example: 'service',
    }),
    ...common,
  })
  .transform(({ command, ...rest }) => ({ ...inMs(rest), command: argvOf(command) }))
  .meta({ title: 'CommandCheck', description: 'Runs a command and judges its exit code and output.' });

const bytes = z.int().min(0);
const share = z.number().min(0).max(100);

const limits = {
  minFreePercent: share.exactOptional().meta({
    description: 'Less free than this is unhealthy. Without any limit: 5.',
    example: 10,
  }),
  minFreeBytes: bytes.exactOptional().meta({
    description: 'Less free than this is unhealthy.',
    example: 1_000_000_000,
  }),
  degradedBelowPercent: share.exactOptional().meta({
    description: 'Less free than this is degraded; more than `minFreePercent`.',
    example: 20,
  }),
  degradedBelowBytes: bytes.exactOptional().meta({
    description: 'Less free than this is degraded; more than `minFreeBytes`.',
    example: 5_000_000_000,
  }),
};
type Limits = z.output<z.ZodObject<typeof limits>>;

function sensibleLimits(given: Limits, context: z.RefinementCtx): void {
  for (const unit of ['Percent', 'Bytes'] as const) {
    const [degraded, unhealthy] = [given[`degradedBelow${unit}`], given[`minFree${unit}`]];
    if (degraded === undefined || unhealthy === undefined || degraded > unhealthy) continue;
    const message = `${degraded} is not more than ${unhealthy}, below which it is unhealthy`;
    context.addIssue({ code: 'custom', message, path: [`degradedBelow${unit}`], input: degraded });
  }
}

function withLimit<Given extends Limits>(given: Given) {
  const limited = Object.keys(limits).some((key) => given[key as keyof Limits] !== undefined);
  return limited ? given : { ...given, minFreePercent: 5 };
}

const disk = z
  .strictObject({
    type: z.literal('disk'),
    path: text.default('/').meta({ description: 'A file or folder on the disk that is asked about.' }),
    ...limits,
    ...common,
  })
  .superRefine(sensibleLimits)
  .transform((given) => inMs(withLimit(given)))
  .meta({ title: 'DiskCheck', description: 'Looks how much room a disk of this machine has.' });

const memory = z
  .strictObject({ type: z.literal('memory'), ...limits, ...common })
  .superRefine(sensibleLimits)
  .transform((given) => inMs(withLimit(given)))
  .meta({
    title: 'MemoryCheck',
    description: 'Looks how much memory programs on this machine can still get.',
  });

export const check = z.discriminatedUnion('type', [http, tcp, program, disk, memory]);
