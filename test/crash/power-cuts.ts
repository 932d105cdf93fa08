/** A real rollout whose journal is copied at each append, and cut at many points in between. */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Random } from '../../src/testing/simulation/random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { CrashProject, type Scenario } from './crash-project.ts';
import { linesOf } from './kills.ts';
import { type DiskImage, foldAll, imageOf, survivors, type Told, tornWal } from './power-loss.ts';

export interface PowerCuts {
  readonly scenario: string;
  readonly appends: number;
  /** Journals opened: one right after each append, and those cut in the middle of one. */
  readonly opened: number;
  /** Those that had not what was acknowledged, or half a group, each with where. */
  readonly wrong: readonly string[];
}

/** @param cuts in the middle of each append */
export async function cutPower(scenario: Scenario, cuts: number, random: Random): Promise<PowerCuts> {
  await using folder = await temporaryFolder();
  await using project = await CrashProject.create(scenario);
  const copyTo = join(folder.path, 'copies');
  const { stdout } = await project.control(await project.nextVersion(), { copyTo }).ended;
  const appends = linesOf(stdout).filter((line) => 'append' in line);
  const whole = await everything(project);
  const wrong: string[] = [];
  let opened = 0;
  let before: { image: DiskImage; told: Told } | null = null;
  for (const { append, id, seq } of appends) {
    const image = imageOf(join(copyTo, String(append)));
    const told: Told = { ...whole, [id]: (whole[id] ?? []).slice(0, seq) };
    const look = async (where: string, torn: DiskImage, may: readonly Told[]) => {
      opened += 1;
      const found = await lookAt(join(folder.path, 'opened'), torn, may);
      if (found !== null) wrong.push(`append ${append}, ${where}: ${found}`);
    };
    await look('acknowledged', image, [told]);
    if (before !== null) {
      const { database, wal } = before.image;
      const either = [before.told, told];
      for (let cut = 1; cut <= cuts; cut++) {
        await look(`cut ${cut}`, { database, wal: tornWal(wal, image.wal, random) }, either);
      }
    }
    before = { image, told };
  }
  return { scenario: scenario.name, appends: appends.length, opened, wrong };
}

async function everything({ journal }: CrashProject): Promise<Told> {
  const told: Record<string, Told[string]> = {};
  for (const { id } of await journal.list({ limit: 1_000 })) {
    told[id] = (await journal.read(id)).map(({ event }) => event);
  }
  return told;
}

/** What is wrong with it; `null` when nothing is. */
async function lookAt(folder: string, image: DiskImage, may: readonly Told[]): Promise<string | null> {
  try {
    const told = await survivors(folder, image);
    foldAll(told);
    return may.some((one) => isDeepStrictEqual(one, told))
      ? null
      : 'has neither all of the append nor nothing of it';
  } catch (error) {
    return String(error);
  }
}
