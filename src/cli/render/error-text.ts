/** What is printed of an error: what went wrong, the evidence, and what to do next. */
import { messageOf, OperationError, SluiceError } from '../../errors.ts';
import { clean } from '../../words/clean.ts';
import type { Paint } from '../../words/paint.ts';
import { inWords } from '../../words/words.ts';
import { evidenceFacts, logLines } from './evidence-text.ts';
import { labelledLines } from './layout.ts';

export interface ErrorTextOptions {
  readonly paint: Paint;
  /** Also print the stack of what was not thrown on purpose. Default: whether SLUICE_DEBUG is 1. */
  readonly debug?: boolean;
}

const LABEL_COLUMNS = 7;
const MOST_LOG_LINES = 10;

/** The error as lines, for standard error. */
export function renderError(error: unknown, options: ErrorTextOptions): string[] {
  const { paint, debug = process.env.SLUICE_DEBUG === '1' } = options;
  const mark = paint.bad(paint.symbols.failed);
  if (!(error instanceof SluiceError)) {
    const stack = debug && error instanceof Error ? stackLines(error) : [];
    const hint = debug ? [] : [paint.dim('  SLUICE_DEBUG=1 shows where it came from.')];
    return [`${mark} ${inWords(messageOf(error))}`, ...stack.map((line) => paint.dim(line)), ...hint];
  }
  const [first = '', ...more] = messageLines(error);
  return [
    `${mark} ${first}`,
    ...more.map((line) => `  ${line}`),
    ...(error instanceof OperationError ? evidence(error, paint) : []),
    ...(error.remedy === undefined ? [] : [`  ${paint.hint(inWords(error.remedy))}`]),
    ...(debug ? stackLines(error).map((line) => paint.dim(line)) : []),
  ];
}

/** A message of several lines, such as each problem of a config on one of its own, keeps them. */
function messageLines({ message }: SluiceError): string[] {
  return message.split('\n').map((line) => inWords(line).trim());
}

function evidence({ message, evidence }: OperationError, paint: Paint): string[] {
  const facts = [
    ...evidenceFacts({ message, evidence }),
    { label: 'log', lines: logLines(evidence, MOST_LOG_LINES, paint) },
  ];
  return labelledLines(facts, LABEL_COLUMNS, paint).map((line) => `  ${line}`);
}

function stackLines(error: Error): string[] {
  const own = (error.stack ?? '')
    .split('\n')
    .slice(1)
    .map((line) => clean(line));
  const cause =
    error.cause instanceof Error
      ? [`  caused by ${inWords(error.cause.message)}`, ...stackLines(error.cause)]
      : [];
  return [...own, ...cause];
}
