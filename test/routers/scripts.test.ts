/** The literal text of every script that runs on the machine of a load balancer. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { haproxyConfigFile } from '../../src/routers/haproxy/config-file.ts';
import { NginxRouter } from '../../src/routers/nginx/nginx-router.ts';
import type { RunScript } from '../../src/routers/reach.ts';

const CONTEXT = { signal: new AbortController().signal };

/** A machine that answers each script in turn, and keeps them. */
function machine(...answers: string[]): { readonly scripts: string[]; readonly run: RunScript } {
  const scripts: string[] = [];
  return {
    scripts,
    async run(script) {
      scripts.push(script);
      const stdout = answers[scripts.length - 1] ?? '@ done\n';
      return { exitCode: 0, signal: null, stdout, stderr: '' };
    },
  };
}

function read(text: string): string {
  return `@ text:${createHash('sha256').update(text).digest('hex')}\n${text}`;
}

describe('the scripts', () => {
  test('for the config of HAProxy', async () => {
    const { scripts, run } = machine(read('before\n'));
    const file = "/etc/it's $(id)/haproxy.cfg";
    const config = haproxyConfigFile({ file, before: ['-x; rm'], program: '/opt/ha proxy', run });
    await config.change(() => 'after\n', CONTEXT.signal);
    expect(scripts).toHaveLength(2);
    await expect(`${scripts[0]}\n`).toMatchFileSnapshot('golden/haproxy-read.sh');
    await expect(`${scripts[1]}\n`).toMatchFileSnapshot('golden/haproxy-change.sh');
  });

  test('for nginx', async () => {
    const looked = '@ looked\nUid:\t33\t33\t33\t33\n';
    const { scripts, run } = machine('@ none\n', '@ none\n', '@ done\n', '@ none\n');
    const router = new NginxRouter({
      folder: "/etc/it's $(id)",
      nginx: ['sudo', '-n', 'nginx; id'],
      pidFile: '/run/a b.pid',
      run,
    });
    const backend = { target: 'a', release: '1', address: { host: '10.0.0.1', port: 8080 } };
    await router.admit('api', backend, null, CONTEXT);
    expect(scripts).toHaveLength(3);
    await expect(`${scripts[2]}\n`).toMatchFileSnapshot('golden/nginx-change.sh');

    const text = `# Written by Sluice at each change: what is written here by hand is lost.
upstream api {
    server 10.0.0.1:8080 weight=1; # ${JSON.stringify(backend)}
}
`;
    const asked = machine(read(text), looked);
    const other = new NginxRouter({ pidFile: '/run/a b.pid', run: asked.run });
    await other.inspect('api', CONTEXT);
    await expect(`${asked.scripts[0]}\n`).toMatchFileSnapshot('golden/nginx-read.sh');
    await expect(`${asked.scripts[1]}\n`).toMatchFileSnapshot('golden/nginx-look.sh');
  });

  test('that ended without an answer are failures, with what they said', async () => {
    const failing: RunScript = async () => ({
      exitCode: null,
      signal: 'SIGKILL',
      stdout: 'Welcome!\n',
      stderr: '',
    });
    const config = haproxyConfigFile({ file: '/f', run: failing });
    await expect(config.read(CONTEXT.signal)).rejects.toThrow(
      'The config of HAProxy, /f, cannot be read or changed: the script ended with SIGKILL and no answer',
    );
  });
});
