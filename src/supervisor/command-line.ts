/** What a command of the config means: which program is started, with which arguments. */

/** Words that a shell and every program understand alike: nothing in them is special to a shell. */
const PLAIN = /^[\w@%+:,./-]+(?: +[\w@%+:,./=-]+)*$/;

/** What only a shell knows how to do; also the words of its grammar. */
const SHELL_WORDS = new Set(
  (
    '. : alias bg bind break builtin caller case cd command continue declare do done elif else esac eval exec ' +
    'exit export fc fg fi for function getopts hash if jobs let local read readonly return select set shift ' +
    'shopt source then time times trap type typeset ulimit umask unalias unset until wait while'
  ).split(' '),
);

/**
 * The program and its arguments. An array is taken as it is. A string of plain words (`npm start`,
 * `node server.js`) is split at its spaces: no shell stands between Sluice and the service, and a program
 * that does not exist is known at once. Any other string is the person's own shell command and goes to
 * `/bin/sh -c` as one argument.
 */
export function toArgv(command: string | readonly string[]): readonly string[] {
  if (typeof command !== 'string') return command;
  const text = command.trim();
  const [program, ...args] = text.split(/ +/);
  if (!PLAIN.test(text) || program === undefined || SHELL_WORDS.has(program))
    return ['/bin/sh', '-c', command];
  return [program, ...args];
}
