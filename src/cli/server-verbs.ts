/** The verbs about the server. */
import type { Verb } from './verb.ts';

export const SERVER_VERBS: readonly Verb[] = [
  {
    name: 'serve',
    summary: 'Serve the project: an API, and a dashboard to watch, approve and stop deployments',
    options: [
      ['--host <address>', 'where to listen; default 127.0.0.1, which only this machine reaches'],
      ['--port <port>', 'the port; default 8470. 0 is any that is free'],
      ['--public-url <url>', 'the address that people use, where a reverse proxy stands before it'],
    ],
    examples: [
      ['sluice serve', 'at http://127.0.0.1:8470; the first time it makes a token to sign in with'],
      ['sluice serve --public-url https://sluice.example.com', 'behind a proxy that speaks https'],
    ],
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    name: 'token',
    arguments: '<action> [id]',
    summary: 'Make, list and revoke the tokens that people and programs use the server with',
    options: [
      ['--name <name>', 'of create: whose it is; what they do is recorded under it'],
      [
        '--role <role>',
        'of create: viewer, deployer, approver or admin; in all environments, or that of --env',
      ],
      [
        '--grant <environment=role>',
        'of create: a role in one environment; may be given several times',
        'repeatable',
      ],
      ['--expires <duration>', 'of create: good for so long, or `never`; default 365d'],
      ['--trigger <service>', 'of create: for CI; may deploy this one service and nothing else'],
    ],
    examples: [
      [
        'sluice token create --name ann --role admin',
        'prints it, once; what is kept tells nobody what it is',
      ],
      [
        'sluice token create --name bob --grant staging=deployer --grant production=viewer',
        'a role in each environment',
      ],
      ['sluice token create --name ci --trigger api --env staging --expires 90d', 'for a script'],
      ['sluice token list', 'who has which, and when it was used last'],
      ['sluice token revoke 3f9a1c2b7d10', 'its sessions end as well, also while the server runs'],
    ],
    load: async () => (await import('./commands/token.ts')).token,
  },
];
