#!/bin/sh
# start | stop | restart | status of the service that is deployed: a web server for the release's `public`, as small
# as they come. It knows its process by a file that outlives releases.
cd "${0%/*}/.." || exit 1
file=${SLUICE_RUN:-$HOME}/pid

runs() { read -r pid <"$file" && kill -0 "$pid"; } 2>/dev/null

stop() {
  runs || return 0
  kill -KILL "$pid"
  while kill -0 "$pid"; do sleep 0.01; done 2>/dev/null
}

start() {
  setsid busybox httpd -f -p 8080 -h public </dev/null >/dev/null 2>&1 &
  echo "$!" >"$file"
}

case $1 in
  start) start ;;
  stop) stop ;;
  restart) stop; start ;;
  status) runs ;;
esac
