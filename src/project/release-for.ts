/** Which release a version means, or the lack of one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Release } from '../domain/release.ts';
import type { ServiceDeployer } from './service-deployer.ts';

/**
 * The release to deploy. Without a version it is that of the folder's package.json, or else the time. The
 * same version with another content gets the beginning of its digest: `1.4.0+3f9a1c2`.
 */
export async function releaseFor(deployer: ServiceDeployer, version: string | undefined): Promise<Release> {
  if (version !== undefined) return deployer.makeRelease(version);
  const found = await packageVersionOf(deployer);
  if (found === null) return deployer.makeRelease(versionOfNow());
  const release = await deployer.makeRelease(found);
  const known = await deployer.history.byVersion(found).catch(() => null);
  if (known === null || known.id === release.id) return release;
  return deployer.makeRelease(`${found}+${release.digest.slice(0, 7)}`);
}

async function packageVersionOf({ folder }: ServiceDeployer): Promise<string | null> {
  try {
    const text = await readFile(join(folder, 'package.json'), 'utf8');
    const { version } = JSON.parse(text) as { version?: unknown };
    return typeof version === 'string' && version !== '' ? version : null;
  } catch {
    return null;
  }
}

/** `2026.11.23-150823`, in UTC. */
function versionOfNow(): string {
  const [date = '', time = ''] = new Date().toISOString().split('T');
  return `${date.replaceAll('-', '.')}-${time.slice(0, 8).replaceAll(':', '')}`;
}
