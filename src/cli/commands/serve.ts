import { InvalidInputError } from '../../errors.ts';
import type { Server } from '../../server/server.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { packageVersion } from '../package-version.ts';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8470;

/** `sluice serve` */
export async function serve(context: CommandContext): Promise<ExitCode> {
  const { terminal, options } = context;
  const publicUrl = options.publicUrl === undefined ? {} : { publicUrl: urlOf(options.publicUrl) };
  const port = portOf(options.port);
  const project = await context.project();
  const { Server } = await import('../../server/server.ts');
  const stopping = untilStopped();
  const server = await Server.open({
    project,
    host: options.host ?? DEFAULT_HOST,
    port,
    ...publicUrl,
    version: packageVersion(),
    log: (line) => terminal.remark(line),
  });
  announce(context, server, project.dir);
  const signal = await stopping;
  terminal.remark(`${signal}: stopping; deployments under way are left for whoever goes on with them`);
  await server[Symbol.asyncDispose]();
  return EXIT.ok;
}

function announce({ terminal, options }: CommandContext, server: Server, dir: string): void {
  const url = options.publicUrl ?? server.url;
  if (terminal.json) {
    terminal.printJson({ url, token: server.firstToken });
    return;
  }
  const { paint } = terminal;
  terminal.print(`Sluice serves ${dir} at ${paint.strong(url)}`);
  if (server.firstToken === null) return;
  terminal.print(['', 'Sign in with this token. It is shown once:', `  ${paint.strong(server.firstToken)}`]);
}

/** Resolves with the first of the signals that ask it to stop; the second one ends it at once. */
function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals) => {
      if (asked) process.exit(EXIT.left);
      asked = true;
      resolve(signal);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

function portOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
  throw new InvalidInputError(`${JSON.stringify(text)} is not a port`, {
    remedy: 'Give a number from 0 to 65535.',
  });
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && `${url.origin}/` === url.href;
  if (isOrigin) return url;
  throw new InvalidInputError(`--public-url: ${JSON.stringify(text)} is not the address of a server`, {
    remedy: 'Give it without a path: https://sluice.example.com.',
  });
}
