import type { Backend, Split } from './router.ts';

/** What of a backend decides about its weight. */
type Weighed = Pick<Backend, 'release'>;

/**
 * Whole weights, from 0 to `heaviest`, one a backend and in their order, that divide the requests as the port
 * says. A share is off by less than half a percent of all requests, however many backends there are.
 *
 * Where one backend would need more than `heaviest` times the weight of another (1 % for twenty new backends
 * beside one old), the last ones of the side that has too many get 0: the share of a release is what people
 * asked for and what they judge it by, so it comes before an equal division within the release.
 */
export function weightsFor(
  backends: readonly Weighed[],
  split: Split | null,
  heaviest: number,
): readonly number[] {
  const isNamed = (backend: Weighed) => backend.release === split?.release;
  const named = backends.filter(isNamed).length;
  const others = backends.length - named;
  if (split === null || named === 0 || others === 0) return backends.map(() => 1);
  if (split.percent === 0) return backends.map((backend) => (isNamed(backend) ? 0 : 1));
  if (split.percent === 100) return backends.map((backend) => (isNamed(backend) ? 1 : 0));

  // By how much one backend of the named release outweighs one of the others, all of both serving.
  const odds = split.percent / (100 - split.percent);
  const serving = {
    named: Math.max(1, Math.min(named, Math.floor(others * odds * heaviest))),
    others: Math.max(1, Math.min(others, Math.floor((named / odds) * heaviest))),
  };
  const [heavy, light] = closestRatio((odds * serving.others) / serving.named, heaviest);
  const left = { ...serving };
  return backends.map((backend) => {
    const side = isNamed(backend) ? 'named' : 'others';
    left[side] -= 1;
    if (left[side] < 0) return 0;
    return side === 'named' ? heavy : light;
  });
}

/** The two whole numbers from 1 to `greatest` whose ratio is closest; of several such pairs the smallest. */
function closestRatio(wanted: number, greatest: number): readonly [number, number] {
  const ratio = Math.min(greatest, Math.max(1 / greatest, wanted));
  let best: readonly [number, number] = [1, 1];
  let leastOff = Number.POSITIVE_INFINITY;
  const inside = (value: number) => Math.min(greatest, Math.max(1, Math.round(value)));
  for (let size = 1; size <= greatest; size++) {
    const pair =
      ratio >= 1 ? ([inside(ratio * size), size] as const) : ([size, inside(size / ratio)] as const);
    const off = Math.abs(Math.log(pair[0] / pair[1] / ratio));
    // A smaller pair is spread more evenly over time, so a larger one has to be better, not just equal.
    if (off < leastOff - 1e-9) {
      best = pair;
      leastOff = off;
    }
  }
  return best;
}
