/** Commands of Sluice as a person types them: what a remedy offers. */

/** The environment of a config that names none: commands need not name it either. */
const ENVIRONMENT_OF_NO_NAME = 'local';

/** A command to type: `sluice show api-7`. */
export function command(verb: string, ...words: readonly string[]): string {
  return ['sluice', verb, ...words.map(shellWord)].join(' ');
}

/** A command about a service: it names the environment unless that has no name of its own. */
export function serviceCommand(verb: string, environment: string, ...words: readonly string[]): string {
  const typed = command(verb, ...words);
  return environment === ENVIRONMENT_OF_NO_NAME ? typed : `${typed} --env ${shellWord(environment)}`;
}

/** The word as a shell takes it for one. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./…-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
