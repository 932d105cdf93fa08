/** Those who are notified, with what the environment has for them. */
import { createHash } from 'node:crypto';
import type { NotificationConfig } from '../../config/schema/notifications.ts';
import { InvalidInputError } from '../../errors.ts';

export interface Receiver extends Pick<NotificationConfig, 'format' | 'events' | 'allowPrivate'> {
  /** Under which it is kept how far it was told; says nothing of the URL, which may be a secret. */
  readonly key: string;
  /** As logs call it: its host. */
  readonly name: string;
  readonly url: string;
  readonly secret: string | null;
}

/** Throws `InvalidInputError` for a variable that is not set, or holds no URL. */
export function receiversOf(
  notifications: readonly NotificationConfig[],
  environment: NodeJS.ProcessEnv,
): Receiver[] {
  return notifications.map(({ url: given, secret: named, format, events, allowPrivate }, index) => {
    const value = (variable: string): string => {
      const found = environment[variable];
      if (found !== undefined && found !== '') return found;
      throw new InvalidInputError(`notifications[${index}]: ${variable} is not set`, {
        remedy: 'Set it in the environment of the server.',
      });
    };
    const url = given.startsWith('$') ? value(given.slice(1)) : given;
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new InvalidInputError(`notifications[${index}]: ${given} is not an http or https URL`, {
        remedy: 'Set it to the whole URL, as https://hooks.example.com/sluice.',
      });
    }
    return {
      key: createHash('sha256').update(`${format} ${url}`).digest('hex').slice(0, 16),
      name: new URL(url).host,
      url,
      secret: named === undefined ? null : value(named),
      format,
      events,
      allowPrivate,
    };
  });
}
