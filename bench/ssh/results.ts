/** What was measured, and the tables and ratios that are made of it. */
import { median } from '../median.ts';
import { ACTIONS, type Action } from './contenders.ts';
import type { Measurement } from './measure.ts';

/** How many times as long as Sluice each family takes at its best, that much at least: what is aimed at. */
const AIMS: readonly (readonly [family: string, action: Action, times: number])[] = [
  ['Ansible', 'v2', 12],
  ['Capistrano', 'v2', 5],
  ['rsync', 'v2', 3],
  ['Ansible', 'cold', 6],
  ['Capistrano', 'cold', 2],
  ['rsync', 'cold', 2],
  ['Ansible', 'rollback', 8],
  ['Capistrano', 'rollback', 25],
];
const ROLLBACK_OF_BARE = 1.5;

export class Results {
  readonly #all = new Map<string, Map<string, Measurement[]>>();

  add(name: string, action: string, measurement: Measurement): void {
    const actions = this.#all.get(name) ?? new Map<string, Measurement[]>();
    this.#all.set(name, actions);
    actions.set(action, [...(actions.get(action) ?? []), measurement]);
  }

  peakOf(name: string): number {
    return Math.max(0, ...ACTIONS.map((action) => this.#median(name, action, 'peakMb') ?? 0));
  }

  /** As Markdown. */
  print(): void {
    console.log('| floor | s | controller CPU s | hosts CPU s | wire MB |');
    console.log('|---|---|---|---|---|');
    for (const [name, actions] of this.#all) {
      if (!actions.has('bare')) continue;
      const figures = (['seconds', 'cpuSeconds', 'hostCpuSeconds', 'wireMb'] as const).map((what) =>
        text(this.#median(name, 'bare', what)),
      );
      console.log(`| ${[name, ...figures].join(' | ')} |`);
    }
    console.log('\n| | cold s | v2 s | rollback s | controller CPU s | hosts CPU s | peak MB | wire MB |');
    console.log('|---|---|---|---|---|---|---|---|');
    for (const [name, actions] of this.#all) {
      if (actions.has('bare')) continue;
      const times = ACTIONS.map((action) => text(this.#median(name, action, 'seconds')));
      const three = (['cpuSeconds', 'hostCpuSeconds'] as const).map((what) => this.#each(name, what));
      const wire = this.#each(name, 'wireMb');
      console.log(`| ${[name, ...times, ...three, this.peakOf(name).toFixed(0), wire].join(' | ')} |`);
    }
    this.#printAims();
  }

  #printAims(): void {
    if (!this.#all.has('Sluice')) return;
    console.log('\n| | Sluice s | the other s | ratio | aim |');
    console.log('|---|---|---|---|---|');
    for (const [family, action, times] of AIMS) {
      const ours = this.#median('Sluice', action, 'seconds') ?? Number.NaN;
      const best = this.#best(family, action);
      if (best === null) continue;
      const label = `${action}, beside ${family} at its best`;
      console.log(`| ${label} | ${text(ours)} | ${text(best)} | ${text(best / ours)} | at least ${times} |`);
    }
    const bare = this.#median('ssh host true, curve25519', 'bare', 'seconds') ?? Number.NaN;
    const rollback = this.#median('Sluice', 'rollback', 'seconds') ?? Number.NaN;
    const ratio = text(rollback / bare);
    console.log(
      `| rollback, of a bare ssh with curve25519 | ${text(rollback)} | ${text(bare)} | ${ratio} | at most ${ROLLBACK_OF_BARE} |`,
    );
  }

  #best(family: string, action: Action): number | null {
    const times = [...this.#all.keys()]
      .filter((name) => name.includes(family) || (family === 'rsync' && name.startsWith('the same')))
      .map((name) => this.#median(name, action, 'seconds'))
      .filter((time) => time !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  #each(name: string, what: keyof Measurement): string {
    return ACTIONS.map((action) => text(this.#median(name, action, what))).join(' / ');
  }

  #median(name: string, action: string, what: keyof Measurement): number | null {
    const measured = this.#all.get(name)?.get(action);
    return measured === undefined ? null : median(measured.map((one) => one[what]));
  }
}

function text(figure: number | null): string {
  if (figure === null) return '';
  return figure >= 100 ? figure.toFixed(0) : figure.toFixed(figure >= 10 ? 1 : 2);
}
