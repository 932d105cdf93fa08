import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What is in a folder: a path to a file's text, `{ link }`, `{ executable }`, or `null` for an empty folder. */
export type Tree = Readonly<
  Record<string, string | { readonly link: string } | { readonly executable: string } | null>
>;

/** Makes these files in the folder; resolves with it. */
export async function fill(folder: string, tree: Tree): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [path, content] of Object.entries(tree)) {
    const file = join(folder, path);
    await mkdir(content === null ? file : dirname(file), { recursive: true });
    if (content === null) continue;
    if (typeof content === 'string') await writeFile(file, content, { mode: 0o644 });
    else if ('link' in content) await symlink(content.link, file);
    else await writeFile(file, content.executable, { mode: 0o755 });
  }
  return folder;
}
