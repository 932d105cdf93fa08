/** The releases of a service that completed once, and which of them it can be rolled back to. */
import type { DeploymentSummary } from '../../domain/summary.ts';
import type { Journal } from '../../journal/journal.ts';
import { digestFolder } from '../../platforms/process/folder-scan.ts';
import type { ServiceDeployer } from '../../project/service-deployer.ts';
import { unfinished } from '../../project/unfinished.ts';
import type { ReleaseView } from '../operations.ts';

const ALL = Number.MAX_SAFE_INTEGER;

/** Newest first, each release once. */
export async function viewReleases(journal: Journal, deployer: ServiceDeployer): Promise<ReleaseView[]> {
  const { key } = deployer;
  const [completed, left] = await Promise.all([
    journal.list({ ...key, outcome: 'completed', limit: ALL }),
    unfinished(journal, key),
  ]);
  const newest = new Map<string, DeploymentSummary>();
  for (const one of completed) if (!newest.has(one.release)) newest.set(one.release, one);
  const [current] = completed;
  const folder = folderNow(deployer);
  return Promise.all(
    [...newest.values()].map(async (one): Promise<ReleaseView> => {
      const { release, version, id: deployment, createdAt, endedAt } = one;
      const refused =
        left !== null
          ? `${left.id} (${left.version}) has not ended`
          : release === current?.release
            ? 'it is what completed last'
            : await whyNotKept(journal, deployer, one, folder);
      return { release, version, deployment, endedAt: endedAt ?? createdAt, refused };
    }),
  );
}

/**
 * Where the platform keeps copies here, one has to be there, or the folder still be what it is a copy of. Servers are
 * asked when it is rolled back.
 */
async function whyNotKept(
  journal: Journal,
  { fleet, service }: ServiceDeployer,
  { id }: DeploymentSummary,
  folder: () => Promise<string | null>,
): Promise<string | null> {
  if (service.platform.type !== 'process') return null;
  const { release } = await journal.plan(id);
  if ((await fleet.contentsOf(release)) !== null || release.spec.content === (await folder())) return null;
  return 'its copy has been pruned: deploy this version again from a build';
}

/** The digest of the folder that is deployed, worked out when it is first asked for; `null` when it cannot be. */
function folderNow({ folder, service }: ServiceDeployer): () => Promise<string | null> {
  let digest: Promise<string | null> | null = null;
  return () => {
    digest ??= digestFolder(folder, service.ignore).catch(() => null);
    return digest;
  };
}
