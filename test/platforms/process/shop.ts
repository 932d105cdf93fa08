/** A process platform of its own for a test, with a folder for the service's code. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperationContext } from '../../../src/domain/operation.ts';
import type { Release } from '../../../src/domain/release.ts';
import { ProcessPlatform } from '../../../src/platforms/process/process-platform.ts';
import {
  makeProcessRelease,
  type ProcessReleaseOptions,
} from '../../../src/platforms/process/process-release.ts';
import { Sandbox } from '../../supervisor/sandbox.ts';
import { fill, type Tree } from './folders.ts';

/** The context of an operation that nobody gives up. */
export function patient(): OperationContext {
  return { signal: new AbortController().signal };
}

export class Shop implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly platform: ProcessPlatform;
  /** The service's code. */
  readonly app: string;

  constructor(sandbox: Sandbox, environment: Readonly<Record<string, string | undefined>>) {
    this.sandbox = sandbox;
    this.app = join(sandbox.path, 'app');
    this.platform = new ProcessPlatform({ supervisor: sandbox.supervisor, environment });
  }

  static async open(tree: Tree = {}, environment = process.env): Promise<Shop> {
    const shop = new Shop(await Sandbox.open(), environment);
    await fill(shop.app, tree);
    return shop;
  }

  /** The release that the code is now. */
  release(parts: Partial<ProcessReleaseOptions> = {}): Promise<Release> {
    const { stateDir } = this.sandbox;
    const options = { service: 'api', version: '1.0.0', folder: this.app, stateDir };
    return makeProcessRelease({ ...options, command: [process.execPath, 'main.cjs'], ...parts });
  }

  /** The release that the code is when it is this program. */
  async program(source: string, parts: Partial<ProcessReleaseOptions> = {}): Promise<Release> {
    await writeFile(join(this.app, 'main.cjs'), source);
    return await this.release(parts);
  }

  /** The releases that are copied. */
  async copies(): Promise<string[]> {
    const names = await readdir(join(this.sandbox.stateDir, 'releases', 'api'));
    return names.filter((name) => !name.startsWith('.')).toSorted();
  }

  async deploy(target: string, release: Release): Promise<void> {
    await this.platform.stage(target, release, patient());
    await this.platform.activate(target, release, patient());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
  }
}
