/**
 * Values of secrets in texts from outside, such as the log of a service that prints its own password: found in
 * the forms in which programs commonly write them, and replaced by the name of the secret.
 */

/** Gives back the text with `[NAME]` in place of each value. */
export type Hide = (text: string) => string;

export interface SecretForm {
  readonly name: string;
  /** One line, as it would stand in a text. */
  readonly text: string;
}

/** A shorter one is no secret, and replacing it would make a log unreadable. */
export const SHORTEST_SECRET = 4;

export const hideNothing: Hide = (text) => text;

/**
 * Everything to look for, the longest first: each value as it is, a line at a time, and as JSON, a URL and base64
 * have it.
 */
export function secretForms(secrets: Readonly<Record<string, string>>): SecretForm[] {
  const forms = Object.entries(secrets).flatMap(([name, value]) => {
    const texts = [...value.split(/[\r\n]+/).map((line) => line.trim()), ...encoded(value)];
    return texts.filter(({ length }) => length >= SHORTEST_SECRET).map((text) => ({ name, text }));
  });
  const byText = new Map(forms.map((form) => [form.text, form]));
  return [...byText.values()].toSorted((a, b) => b.text.length - a.text.length);
}

function encoded(value: string): string[] {
  if (value.length < SHORTEST_SECRET) return [];
  const base64 = Buffer.from(value).toString('base64');
  return [
    JSON.stringify(value).slice(1, -1),
    // Half of a character has no form in a URL.
    encodeURIComponent(value.replace(/\p{Cs}/gu, '')),
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(value).toString('base64url'),
  ];
}

/** Also where a text was cut, with an ellipsis, in the middle of a value. */
export function hiding(secrets: Readonly<Record<string, string>>): Hide {
  const forms = secretForms(secrets);
  if (forms.length === 0) return hideNothing;
  return (given) => {
    let text = given;
    for (const form of forms) text = text.replaceAll(form.text, `[${form.name}]`);
    return text.includes(CUT) ? hideCut(text, forms) : text;
  };
}

const CUT = '…';

function hideCut(given: string, forms: readonly SecretForm[]): string {
  const parts = given.split(CUT);
  return parts
    .map((part, index) => {
      const start = index > 0 ? withoutTail(part, forms) : part;
      return index < parts.length - 1 ? withoutHead(start, forms) : start;
    })
    .join(CUT);
}

/** Begins with the end of a value. */
function withoutTail(text: string, forms: readonly SecretForm[]): string {
  for (const { name, text: form } of forms) {
    for (let from = 1; from <= form.length - SHORTEST_SECRET; from += 1) {
      const tail = form.slice(from);
      if (text.startsWith(tail)) return `[${name}]${text.slice(tail.length)}`;
    }
  }
  return text;
}

/** Ends with the beginning of a value. */
function withoutHead(text: string, forms: readonly SecretForm[]): string {
  for (const { name, text: form } of forms) {
    for (let to = form.length - 1; to >= SHORTEST_SECRET; to -= 1) {
      const head = form.slice(0, to);
      if (text.endsWith(head)) return `${text.slice(0, -head.length)}[${name}]`;
    }
  }
  return text;
}
