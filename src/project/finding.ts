/** What `sluice doctor` has seen. */
import { messageOf, SluiceError } from '../errors.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly about: string;
  readonly ok: boolean;
  /** What was seen. */
  readonly detail: string;
  /** What to do, where it is not ok. */
  readonly remedy?: string;
}

/** Looks at one thing: what `look` returns is the detail, what it throws is what is wrong. */
export async function finding(about: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { about, ok: true, detail: await look() };
  } catch (error) {
    const remedy = error instanceof SluiceError ? error.remedy : undefined;
    return { about, ok: false, detail: messageOf(error), ...(remedy === undefined ? {} : { remedy }) };
  }
}
