# What each of the others runs on a host once the release is there, with VERSION: the same switch in one rename, and
# the same restart. They ask nobody whether the service is well.
cd /srv/app && ln -sfn "releases/$VERSION" current.new && mv -fT current.new current && sh current/bin/service restart
