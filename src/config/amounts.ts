import { z } from 'zod';
import type { Amount } from '../domain/amount.ts';
import { nameOf } from './words.ts';

const PERCENTAGE = /^(\d{1,3}(?:\.\d{1,3})?)%$/;

/** Why `value` is not a count such as `2` or a percentage such as `25%`; `null` when it is one. */
export function amountProblem(value: unknown, min: 0 | 1 = 0): string | null {
  const percent = typeof value === 'string' ? PERCENTAGE.exec(value)?.[1] : undefined;
  if (typeof value !== 'number' && percent === undefined) {
    return `${nameOf(value)} is neither a count such as 2 nor a percentage such as 25%`;
  }
  const amount = Number(percent ?? value);
  if (percent === undefined && !Number.isSafeInteger(amount)) return `${amount} is not a whole number`;
  if (percent !== undefined && amount > 100) return `${percent}% is more than 100%`;
  if (amount < 0 || (amount === 0 && min > 0)) return `${String(value)} is less than ${min}`;
  return null;
}

/** The schema of a count or a percentage of the instances. */
export function amount(min: 0 | 1 = 0) {
  return z
    .custom<Amount>(() => true)
    .superRefine((value, context) => {
      const message = amountProblem(value, min);
      if (message !== null) context.addIssue({ code: 'custom', message, input: value });
    })
    .meta({ title: 'Amount' });
}
