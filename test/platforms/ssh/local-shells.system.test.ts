import { afterAll } from 'vitest';
import { LocalShells } from '../../support/local-shells.ts';
import { shellCases } from './shell-cases.ts';

const shells = new LocalShells();
afterAll(() => shells.close());

shellCases(() => shells.shell('local'));
