/** What to type next, by how the deployment stands. */
import type { Cause } from '../../domain/event.ts';
import type { Plan } from '../../domain/plan.ts';
import { type DeploymentState, isUnreachable } from '../../domain/state.ts';
import { failedTargets } from '../../words/fleet.ts';
import type { Paint } from '../../words/paint.ts';
import { command, serviceCommand } from '../../words/typed-command.ts';
import { oldLabel } from '../../words/words.ts';
import { type Offer, offersToGoOn } from './offers.ts';

/** At most three commands, the likeliest first. */
export function outcomeOffers(state: DeploymentState, cause: Cause | null, paint: Paint): Offer[] {
  const { plan } = state;
  const about = (verb: string, ...words: string[]) => serviceCommand(verb, plan.environment, ...words);
  const show: Offer = { typed: command('show', state.id), does: 'the whole story' };
  const status: Offer = { typed: about('status', plan.service), does: 'what runs where' };
  const goBack = offerBack(plan);
  const again: Offer = {
    typed: about('deploy', plan.service, plan.release.version),
    does: 'tries again',
  };
  const away = state.plan.targets.some((_target, index) => isUnreachable(state.targets.get(index)));
  const reconcile: Offer[] = away
    ? [
        {
          typed: about('reconcile', plan.service),
          does: 'puts them right once they are back',
        },
      ]
    : [];
  const logs = (target: string | undefined): Offer[] =>
    target === undefined ? [] : [{ typed: about('logs', target), does: 'its whole log' }];

  switch (state.outcome) {
    case 'completed': {
      const [behind] = failedTargets(state);
      if (behind === undefined) return [status, ...goBack, show];
      if (away) return [...reconcile, status, show];
      return [...logs(behind), { ...again, does: 'tries those again' }, show];
    }
    case 'rolled-back': {
      // Which version comes next is not known yet.
      const typed = about('deploy', plan.service, paint.symbols.ellipsis);
      if (away) return [...reconcile, show, { typed, does: 'when it is mended' }];
      return [...logs(cause?.target), show, { typed, does: 'when it is mended' }];
    }
    case 'aborted':
      return [...reconcile, show, again];
    case 'failed':
      if (away) return [...reconcile, status, ...goBack, show];
      return [...logs(cause?.target), status, ...goBack, show].slice(0, 4);
    case null:
      return [...offersToGoOn(state), status];
  }
}

/** After a rollback a further one goes further back: to return, the version has to be named. */
function offerBack(plan: Plan): Offer[] {
  const old = oldLabel(plan);
  const isReturn = plan.strategy.name === 'rollback';
  // `1.0.0 and 1.1.0`, or `1.0.0 (3f9a1c2)`, is no version.
  if (old === null || (isReturn && old.includes(' '))) return [];
  const typed = serviceCommand('rollback', plan.environment, plan.service, ...(isReturn ? [old] : []));
  return [{ typed, does: `back to ${old}` }];
}
