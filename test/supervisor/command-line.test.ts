import { describe, expect, test } from 'vitest';
import { toArgv } from '../../src/supervisor/command-line.ts';

describe('plain words are run as they are', () => {
  test.each([
    ['npm start', ['npm', 'start']],
    ['  node   server.js ', ['node', 'server.js']],
    ['./bin/serve --port=3000 -v a:b,c', ['./bin/serve', '--port=3000', '-v', 'a:b,c']],
    ['python3.11 -m http.server', ['python3.11', '-m', 'http.server']],
    ['/usr/bin/env', ['/usr/bin/env']],
  ])('%s', (command, argv) => {
    expect(toArgv(command)).toEqual(argv);
  });
});

describe('what only a shell understands goes to a shell, as one argument', () => {
  test.each([
    'node server.js | tee log',
    'NODE_ENV=production node server.js',
    'exec node server.js',
    'cd app && npm start',
    'echo "a  b"',
    "echo 'a'",
    'node $FILE',
    'node ~/server.js',
    'node *.js',
    'node a; node b',
    'node a\nnode b',
    'node a\tb',
    'echo a\\ b',
    '# nothing',
    'true &',
    'for x in a',
    'node größe.js',
  ])('%s', (command) => {
    expect(toArgv(command)).toEqual(['/bin/sh', '-c', command]);
  });
});

test('an array is taken as it is, whatever is in it', () => {
  expect(toArgv(['a b', '$(x)', '', '\n'])).toEqual(['a b', '$(x)', '', '\n']);
});
