/** How a deployment stands, as one word in its colour. The word says it all: the colour is for the quick eye. */
import type { DeploymentSummary } from '../../../src/domain/summary.ts';
import { outcomeWords } from '../../../src/words/outcome-words.ts';
import { UNCOLORED } from '../../../src/words/paint.ts';
import { Tag, type Tone } from './tag.tsx';

const PHASES = {
  running: { tone: 'moving', word: 'under way' },
  paused: { tone: 'waiting', word: 'paused' },
  'rolling-back': { tone: 'waiting', word: 'rolling back' },
} as const;

const TONES = { completed: 'good', failed: 'bad', 'rolled-back': 'waiting', aborted: 'waiting' } as const;

export function Standing({ phase, outcome }: Pick<DeploymentSummary, 'phase' | 'outcome'>) {
  const { tone, symbol, word } = standingOf(phase, outcome);
  return (
    <Tag tone={tone}>
      {symbol} {word}
    </Tag>
  );
}

function standingOf(
  phase: DeploymentSummary['phase'],
  outcome: DeploymentSummary['outcome'],
): { readonly tone: Tone; readonly symbol: string; readonly word: string } {
  if (outcome !== null) {
    const { symbol, title } = outcomeWords(outcome, UNCOLORED);
    return { tone: TONES[outcome], symbol, word: title };
  }
  if (phase === 'ended') return { tone: 'bad', symbol: '!', word: 'ended' };
  return { symbol: phase === 'paused' ? '‖' : '▸', ...PHASES[phase] };
}
