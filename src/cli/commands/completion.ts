import { InvalidInputError } from '../../errors.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Verb } from '../verb.ts';
import { VERBS } from '../verbs.ts';

const COMMON = ['--env', '--config', '--json', '--no-color', '--help'];

/** `sluice completion <shell>` */
export async function completion({ args, terminal }: CommandContext): Promise<ExitCode> {
  const [shell = ''] = args;
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell as keyof typeof SCRIPTS] : undefined;
  if (script === undefined) {
    throw new InvalidInputError(`there is no completion for ${JSON.stringify(shell)}`, {
      remedy: `Use one of ${Object.keys(SCRIPTS).join(', ')}.`,
    });
  }
  terminal.print(script());
  return EXIT.ok;
}

const SCRIPTS = { bash, zsh, fish } as const;

function optionsOf(verb: Verb): string[] {
  const own = (verb.options ?? []).map(([flags]) => /--[a-z-]+/.exec(flags)?.[0] ?? flags);
  return [...own, ...COMMON];
}

function bash(): string {
  const cases = VERBS.map((verb) => `    ${verb.name}) words="${optionsOf(verb).join(' ')}" ;;`);
  return `_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then words="${VERBS.map((verb) => verb.name).join(' ')}"; else
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac; fi
  COMPREPLY=( $(compgen -W "$words" -- "$current") )
}
complete -F _sluice sluice`;
}

function zsh(): string {
  const verbs = VERBS.map(
    (verb) => `    '${verb.name}:${verb.summary.replaceAll("'", "'\\''").replaceAll(':', '\\:')}'`,
  );
  const cases = VERBS.map((verb) => `    ${verb.name}) compadd -- ${optionsOf(verb).join(' ')} ;;`);
  return `#compdef sluice
_sluice() {
  local -a verbs=(
${verbs.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe verb verbs; return; fi
  case "$words[2]" in
${cases.join('\n')}
  esac
}
compdef _sluice sluice`;
}

function fish(): string {
  const none = '__fish_use_subcommand';
  const verbs = VERBS.map((verb) => {
    const summary = verb.summary.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
    return `complete -c sluice -f -n ${none} -a ${verb.name} -d '${summary}'`;
  });
  const options = VERBS.flatMap((verb) =>
    optionsOf(verb).map(
      (option) => `complete -c sluice -n '__fish_seen_subcommand_from ${verb.name}' -l ${option.slice(2)}`,
    ),
  );
  return [...verbs, ...options].join('\n');
}
