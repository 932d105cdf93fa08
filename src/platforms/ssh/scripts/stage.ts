/** The two scripts of a stage: what a host has, and how what it lacks becomes a release there. */
import type { HostLease } from './lease.ts';
import { CLEAR_INCOMING, changing, type Place } from './prelude.ts';
import { quote } from './quote.ts';

/** Takes the lease, clears what killed uploads have left, and tells what is there. */
export function surveyScript(place: Place, release: string, lease: HostLease | null): string {
  return `${changing(place, lease)}
${CLEAR_INCOMING}
if [ -d releases/${quote(release)} ]; then
  reply staged
  reply end
  exit 0
fi
for meta in .sluice/meta/*/; do
  id=\${meta#.sluice/meta/} id=\${id%/}
  [ -d "releases/$id" ] && first_of "\${meta}digest" || continue
  reply has "$id" "$line"
done
current=$(readlink current 2>/dev/null) && reply current "\${current##*/}"
df -Pk . | { read -r heading; read -r a b c free rest; reply free "$free"; }
for tool in zstd gzip; do
  if command -v "$tool" >/dev/null 2>&1; then reply tool "$tool"; fi
done
reply end
`;
}

/** Prints the manifest of a release that is there, so that it can be the base of another. */
export function manifestScript(place: Place, release: string): string {
  return `cd ${quote(place.root.startsWith('/') ? place.root : `./${place.root}`)}/${quote(place.service)} || exit 1
cat .sluice/meta/${quote(release)}/manifest
`;
}

export interface Delivery {
  readonly release: string;
  /** The release that what is not sent comes from; `null` when everything is sent. */
  readonly base: string | null;
  readonly compression: 'zstd' | 'gzip';
  /** SHA-256 of the manifest as it has to be in the end. */
  readonly manifest: string;
  /** SHA-256 of the digests of the files that are sent, a line each. */
  readonly sent: string;
  /** SHA-256 of what `inventory` prints of the files as they have to be in the end. */
  readonly inventory: string;
}

/**
 * Makes a release of the archive on standard input. In it are `meta/`, `files/`, and lists: `remove` and
 * `sent` (paths, each ended by NUL), `unlisted` and `listed` (lines of the manifest that go and come).
 * Until the last line nothing of it is visible; a link of a file is cut before the file is replaced, so that
 * the base is never written to.
 */
export function deliverScript(place: Place, delivery: Delivery, lease: HostLease | null): string {
  const { release, base, compression, manifest, sent, inventory } = delivery;
  const id = quote(release);
  return `${changing(place, lease)}
in=$(pwd -P)/.sluice/incoming/${id}.$$ copying=
(umask 077 && mkdir "$in") && echo "$$" >"$in/pid" || refuse folder
trap 'kill $copying 2>/dev/null; wait; rm -rf "$in"' EXIT
trap 'exit 129' HUP INT TERM
${base === null ? '' : copyBase(base)}
${compression} -dc | (cd "$in" && tar -xof -) || refuse unpack
cd "$in" || refuse folder
${base === null ? 'mkdir -p files && mv -T files tree && cp listed meta/manifest' : overlayBase(base)}
[ $? -eq 0 ] || refuse unpack
[ "$(sha256sum <meta/manifest)" = '${manifest}  -' ] || refuse ${base === null ? 'damaged manifest' : 'base'}
cd tree || refuse folder
${inventoryOf(base)}
[ "$(contents <../sent | sha256sum)" = '${sent}  -' ] || refuse damaged contents
[ "$(inventory | sha256sum)" = '${inventory}  -' ] || refuse ${base === null ? 'damaged names' : 'base'}
cd ../../../.. || refuse folder
${LINK_SHARED}
printf '%s\\n' ${manifest} >"$in/meta/digest"
touch "$in/meta/manifest" || refuse folder
if [ ! -d releases/${id} ]; then
  rm -rf .sluice/meta/${id}
  mv -T "$in/meta" .sluice/meta/${id} && mv -T "$in/tree" releases/${id} || refuse folder
fi
reply end
`;
}

/** While the archive is still on its way. */
function copyBase(base: string): string {
  const id = quote(base);
  return `[ -d releases/${id} ] && [ -f .sluice/meta/${id}/manifest ] || refuse base
cp -al releases/${id} "$in/tree" &
copying=$!`;
}

function overlayBase(base: string): string {
  const meta = `../../meta/${quote(base)}`;
  return `wait "$copying" || refuse base
copying=
{
  (cd tree && for gone in ../${meta}/shared ../remove; do
    [ ! -s "$gone" ] || xargs -0 rm -rf -- <"$gone" || exit 1
  done) &&
  { [ ! -d files ] || cp -al files/. tree/; } &&
  if [ -s unlisted ]; then
    { grep -vxFf unlisted ${meta}/manifest; cat listed; } | LC_ALL=C sort >meta/manifest
  else
    LC_ALL=C sort ${meta}/manifest listed >meta/manifest
  fi
}`;
}

/**
 * `inventory`: names of folders, links, programs and other files, the same for the same tree on every machine; and, of those that
 * come from the base, the ones that somebody has written to since it was staged.
 * `contents`: the digest of each file of a list, one a line; a name with a line break has its digest on the first, and a
 * backslash before it where it is GNU's.
 */
function inventoryOf(base: string | null): string {
  const written = `-newer ../../../meta/${quote(base ?? '')}/manifest`;
  const [withPrintf, without] =
    base === null
      ? ['', '']
      : [
          ` \\( ! -type d ${written} -printf 'n %p\\n' -o -true \\)`,
          `
    find . ! -type d ${written} -print0 | xargs -0 -r sh -c 'printf "n %s\\n" "$@"' sh`,
        ];
  return `inventory() {
  if find . -maxdepth 0 -printf '' 2>/dev/null; then
    find . ! -name .${withPrintf} \\( -type d -printf 'd %p\\n' -o -type l -printf 'l %p\\n' \\
      -o -type f -perm -100 -printf 'x %p\\n' -o -type f -printf 'f %p\\n' \\)
  else
    for kind in 'd -type d' 'l -type l' 'x -type f -perm -100' 'f -type f ! -perm -100'; do
      find . ! -name . \${kind#?} -print0 | xargs -0 -r sh -c 'printf "$0 %s\\n" "$@"' "\${kind%% *}"
    done${without}
  fi${base === null ? '' : ' | LC_ALL=C grep -vxFf ../fresh'} | LC_ALL=C sort
}
contents() {
  xargs -0 -r sha256sum -- | LC_ALL=C sed -n 's/^\\\\\\{0,1\\}\\([0-9a-f]\\{64\\}\\) .*/\\1/p'
}`;
}

/** `meta/shared` has the path of each link, `meta/link-shared` makes them; both are part of the archive. */
const LINK_SHARED = `sh "$in/meta/link-shared" "$in/tree" || refuse folder`;

/**
 * The script `meta/link-shared`: a link in the release for each shared folder (`uploads/`) and file (`.env`).
 * @param user whose they are when they are made, where that is not whoever logs in
 */
export function linkSharedScript(shared: readonly string[], user: string | null): string {
  return ['tree=$1', ...shared.map((entry) => linkOne(entry, user))].map((line) => `${line}\n`).join('');
}

function linkOne(entry: string, user: string | null): string {
  const path = sharedPath(entry);
  const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  const up = '../'.repeat(path.split('/').length + 1);
  const here = quote(path);
  const give = user === null ? '' : ` && chown ${quote(`${user}:`)} shared/${here}`;
  const make = entry.endsWith('/')
    ? `{ [ -d shared/${here} ] || { mkdir -p shared/${here}${give}; }; }`
    : `mkdir -p shared/${quote(parent)} && { [ -e shared/${here} ] || { (umask 077 && : >shared/${here})${give}; }; }`;
  return `${make} && mkdir -p "$tree"/${quote(parent)} && ln -s ${quote(up)}shared/${here} "$tree"/${here} || exit 1`;
}

/** The path of an entry of `shared`, without the slash that says it is a folder. */
export function sharedPath(entry: string): string {
  return entry.replace(/\/+$/, '');
}
