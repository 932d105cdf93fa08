/** The part of a look that compares what is on a host with how it was left there: one round trip with the look. */

/** Of a release, so many of its changed files are named, and one more tells that there are others. */
export const MOST_CHANGED = 5;

/**
 * What `current` points to; and of each release that runs what was written since it was put there, or, to be
 * compared, the hash of each of its files.
 */
export function auditLines(byContent: boolean): string {
  return `current=$(readlink current 2>/dev/null) && reply current "\${current##*/}"
audited=' '
for run in .sluice/run/*/; do
  [ -f "\${run}release" ] || continue
  id=$(cat "\${run}release")
  case $audited in *" $id "*) continue ;; esac
  audited="$audited$id "
  [ -d "releases/$id" ] && [ -f ".sluice/meta/$id/manifest" ] || { reply gone "$id"; continue; }
${byContent ? BY_CONTENT : BY_TIME}
done
`;
}

/** A folder is newer than the manifest when something was added to it or removed from it. */
const BY_TIME = `  reply audited "$id"
  (cd "releases/$id" && find . -newer "../../.sluice/meta/$id/manifest" ! -name . | LC_ALL=C sort | head -n ${MOST_CHANGED + 1}) |
    sed 's/^/@ changed /'`;

const BY_CONTENT = `  reply audited "$id" "$(cat ".sluice/meta/$id/digest")"
  (cd "releases/$id" && find . -type f -exec sha256sum {} +) | sed 's/^/@ sum /'`;
