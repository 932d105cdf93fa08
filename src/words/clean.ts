/** Text from anywhere, made safe to show. */
import stripAnsi from 'strip-ansi';

/** Control characters, and those that turn the direction of text: they could steer or garble a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text from outside as one line that can be printed: colours and whatever could steer a terminal are gone. */
export function clean(text: string): string {
  return stripAnsi(text).replace(/\t/g, '  ').replace(/\r?\n/g, ' ').replace(UNPRINTABLE, '');
}
